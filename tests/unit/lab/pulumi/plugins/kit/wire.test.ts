import protocol from "@pulumi/pulumi/proto/provider_pb.js";
import fc from "fast-check";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { expect, test } from "vitest";
import { Secret, unknown } from "../../../../../../lab/pulumi/plugins/kit/values.ts";
import {
  decodeRequest,
  encodeResponse,
  requests,
  responses,
  structBytes,
} from "../../../../../../lab/pulumi/plugins/kit/wire/messages.ts";
import { Reader, Writer } from "../../../../../../lab/pulumi/plugins/kit/wire/protobuf.ts";
import { readStruct, writeStruct } from "../../../../../../lab/pulumi/plugins/kit/wire/struct.ts";

const objects = fc
  .dictionary(
    fc.string({ unit: "grapheme" }),
    fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<never>,
  )
  .filter((value) => !JSON.stringify(value).includes("__proto__"));
const same = (value: unknown) => JSON.parse(JSON.stringify(value));

test("structs that we write are read by protobuf's own classes, and the other way round", () => {
  fc.assert(
    fc.property(objects, (value) => {
      const theirs = struct.Struct.deserializeBinary(structBytes(value));
      expect(same(theirs.toJavaScript())).toEqual(same(value));
      const bytes = Buffer.from(struct.Struct.fromJavaScript(value).serializeBinary());
      expect(same(readStruct(new Reader(bytes)))).toEqual(same(value));
    }),
  );
});

test("a request is read with its secrets and unknowns; what is not in it is empty", () => {
  const request = new protocol.UpdateRequest();
  request.setId("ns/name");
  request.setUrn("urn:x");
  request.setPreview(true);
  request.setTimeout(12.5);
  request.setIgnorechangesList(["a", "b.c"]);
  request.setResourceStatusToken("passed over");
  request.setOldInputs(struct.Struct.fromJavaScript({ before: 1 }));
  request.setNews(
    struct.Struct.fromJavaScript({
      later: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
      hidden: {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        value: [1, { deep: true }],
      },
    }),
  );
  expect(decodeRequest(requests.update)(Buffer.from(request.serializeBinary()))).toMatchObject({
    id: "ns/name",
    urn: "urn:x",
    preview: true,
    timeout: 12.5,
    ignoreChanges: ["a", "b.c"],
    olds: {},
    oldInputs: { before: 1 },
    news: { later: unknown, hidden: new Secret([1, { deep: true }]) },
  });
});

test("an autonaming proposal reaches the check", () => {
  const options = new protocol.CheckRequest.AutonamingOptions();
  options.setProposedName("chosen");
  options.setMode(1);
  const request = new protocol.CheckRequest();
  request.setAutonaming(options);
  request.setRandomseed(new Uint8Array([1, 2]));
  const read = decodeRequest(requests.check)(Buffer.from(request.serializeBinary()));
  expect(read.autonaming).toEqual({ proposedName: "chosen", mode: 1 });
  expect([...read.randomSeed]).toEqual([1, 2]);
});

test("answers are read by protobuf's own classes", () => {
  const bytes = encodeResponse(responses.check)({
    inputs: { a: ["ü", 1.5, null, false], s: new Secret("x"), u: unknown },
    failures: [
      { property: "p", reason: "first" },
      { property: "", reason: "second" },
    ],
  });
  const reply = protocol.CheckResponse.deserializeBinary(bytes);
  expect(reply.getInputs()?.toJavaScript()).toEqual({
    a: ["ü", 1.5, null, false],
    s: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "x" },
    u: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  });
  expect(reply.getFailuresList().map((failure) => failure.toObject())).toEqual([
    { property: "p", reason: "first" },
    { property: "", reason: "second" },
  ]);
  const gone = protocol.ReadResponse.deserializeBinary(encodeResponse(responses.read)({ id: "" }));
  expect(gone.getId()).toBe("");
  expect(gone.hasProperties()).toBe(false);
});

test("a cut-off message is an error, not a guess", () => {
  const bytes = structBytes({ a: "long enough" });
  expect(() => readStruct(new Reader(bytes.subarray(0, bytes.length - 3)))).toThrow(
    "the message ends within",
  );
});

test("a property that would change what an object is, is refused", () => {
  const writer = new Writer();
  writeStruct(writer, JSON.parse('{"a":{"__proto__":{"x":1}}}'));
  expect(() => readStruct(new Reader(writer.finish()))).toThrow("a property cannot be called __proto__");
});
