import fc from "fast-check";
import { expect, test } from "vitest";
import { applyIgnoreChanges, differences, rootOf } from "../../../../../../lab/pulumi/plugins/kit/diff.ts";
import { redact } from "../../../../../../lab/pulumi/plugins/kit/redact.ts";
import {
  Asset,
  hasSecret,
  hasUnknown,
  reveal,
  Secret,
  unknown,
  type Value,
} from "../../../../../../lab/pulumi/plugins/kit/values.ts";
import { marshal, unmarshal } from "../../../../../../lab/pulumi/plugins/kit/wire/marshal.ts";

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.constant(unknown),
    fc.string().map((text) => new Asset("asset", "hash", text ? { text } : {})),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie("value"), { maxKeys: 3 }),
    tie("value").map((inner) => new Secret(inner)),
  ),
}));

test("every value survives the wire", () => {
  fc.assert(
    fc.property(value, (each) => {
      expect(unmarshal(marshal(each))).toEqual(each);
    }),
  );
});

test("revealing leaves no secret and keeps what is unknown", () => {
  fc.assert(
    fc.property(value, (each) => {
      expect(hasSecret(reveal(each))).toBe(false);
      expect(hasUnknown(reveal(each))).toBe(hasUnknown(each));
    }),
  );
});

test("output values become secrets or unknowns; references to resources are refused", () => {
  const signature = "4dabf18193072939515e22adb298388d";
  const output = { [signature]: "d0e6a833031e9bbcd3f4e8bde6ca49a4" };
  expect(unmarshal(output)).toBe(unknown);
  expect(unmarshal({ ...output, value: "x", secret: true })).toEqual(new Secret("x"));
  expect(unmarshal({ ...output, value: ["x"] })).toEqual(["x"]);
  expect(() => unmarshal({ [signature]: "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:a" })).toThrow("urn:a");
  expect(() => unmarshal({ [signature]: "other" })).toThrow("unknown signature other");
});

test("differences name paths as the engine does; secrecy alone is none, unknown always is", () => {
  const before = {
    a: 1,
    b: ["x", "y"],
    c: { "d e": 1, f: true },
    g: new Secret("s"),
    version: "1",
    __defaults: [],
  };
  const after = { a: 2, b: ["x"], c: { f: true, h: null }, g: "s", version: "2" };
  expect(Object.fromEntries(differences(before, after))).toEqual({
    a: "update",
    "b[1]": "delete",
    'c["d e"]': "delete",
    "c.h": "add",
  });
  expect([...differences({ a: unknown }, { a: unknown })]).toEqual([["a", "update"]]);
  const asset = (hash: string) => ({ a: new Asset("asset", hash, { path: hash }) });
  expect(differences(asset("1"), asset("1")).size).toBe(0);
  expect([...differences(asset("1"), asset("2"))]).toEqual([["a", "update"]]);
});

test("a value differs from itself only where it is unknown", () => {
  fc.assert(fc.property(value, (each) => differences({ each }, { each }).size === 0 || hasUnknown(each)));
});

test("ignored paths take the old value, also when it was absent", () => {
  const before = { a: 1, b: { c: 1, d: 1 } };
  expect(applyIgnoreChanges(["a", "b.c", "e"], before, { a: 2, b: { c: 2, d: 2 }, e: 3 })).toEqual({
    a: 1,
    b: { c: 1, d: 2 },
  });
  expect(() => applyIgnoreChanges(["a[0]"], before, {})).toThrow("ignoreChanges path a[0] is not supported");
});

test.each([
  ["a", "a"],
  ["a.b", "a"],
  ["a[0].b", "a"],
  ['["a b"].c', "a b"],
])("the root of %s is %s", (path, root) => expect(rootOf(path)).toBe(root));

test("messages lose secrets whole and line by line, but not words that a secret happens to contain", () => {
  const key = "-----BEGIN-----\nabcdefghij\nfi\n";
  expect(redact("got abcdefghij, fi and tok", [key, "tok"])).toBe("got [secret], fi and [secret]");
});
