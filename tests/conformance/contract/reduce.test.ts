import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { committedFacts } from "./facts.ts";
import { type OpenApi, reduce, shapeOf } from "./reduce.ts";
import { schemaOf } from "./schema.ts";

const file = process.env.LAMBDA_OPENAPI;

describe("taking facts from a document", () => {
  const error = (code: string, required: string[]) => ({
    properties: { code: { const: code }, message: { type: "string" }, suggestion: { type: "string" } },
    required: ["code", "message", ...required],
  });
  const json = (schema: object) => ({ content: { "application/json": { schema } } });
  const envelope = (name: string, schema: object) =>
    json({ type: "object", additionalProperties: false, properties: { [name]: schema }, required: [name] });
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const document: OpenApi = {
    info: { version: "1" },
    paths: {
      "/api/v1/things/{id}": {
        get: {
          operationId: "getThing",
          parameters: [
            { name: "id", in: "path" },
            { name: "colour", in: "query" },
          ],
          responses: { 200: envelope("data", ref("Thing")), 404: envelope("error", ref("ApiErrorGone")) },
        },
      },
    },
    components: {
      schemas: {
        Thing: { type: "object", properties: { id: { type: "string", maxLength: 9 } }, required: ["id"] },
        Unused: { type: "string" },
        ApiErrorGone: error("global/gone", ["suggestion"]),
      },
    },
  };

  test("keeps operations, fields, codes, and the shapes that are used", () => {
    expect(reduce(document)).toEqual({
      version: "1",
      usual: { 404: ["global/gone!"] },
      operations: {
        "GET /things/{id}": { id: "getThing", query: ["colour"], answers: { 200: { data: "Thing" } } },
      },
      shapes: { Thing: { id: "string ..9" } },
    });
  });

  test("refuses by name what the notation cannot say", () => {
    expect(() => shapeOf({ type: "integer", ...{ multipleOf: 2 } }, "Thing.size")).toThrow(
      "Thing.size: the notation has no word for multipleOf",
    );
    expect(() => shapeOf({ type: "string", format: "uuid" }, "Thing.id")).toThrow(/known format/);
  });

  test.each([
    { type: "string", minLength: 1, maxLength: 64, pattern: "^[a-z]{2}/[ ]$" },
    { type: "integer", minimum: 1, maximum: 65535 },
    { anyOf: [{ type: "string" }, { type: "null" }] },
    { type: "array", items: { type: "string" }, minItems: 2, maxItems: 2 },
    {
      type: "object",
      properties: { a: { type: "boolean" } },
      required: [],
      additionalProperties: { type: "string" },
    },
  ])("a shape means the schema that it was taken from: %j", (schema) => {
    expect(schemaOf(shapeOf(schema, "here"))).toEqual(schema);
  });
});

test.skipIf(!file)("what is known of the API is what the document says [needs LAMBDA_OPENAPI]", () => {
  expect(committedFacts()).toEqual(reduce(JSON.parse(readFileSync(file ?? "", "utf8"))));
});
