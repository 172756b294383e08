import { describe, expect, test } from "vitest";
import { Contract, type Exchange } from "./contract.ts";
import { schemaOf, strictly } from "./schema.ts";

const judge = new Contract();

const exchange = (change: Partial<Exchange>): Exchange => ({
  method: "GET",
  path: "/regions",
  query: {},
  status: 200,
  contentType: "application/json",
  responseText: JSON.stringify({ data: [] }),
  ...change,
});

describe("validation against Lambda's OpenAPI document", () => {
  test("accepts valid requests and responses", () => {
    expect(judge.requestFaults(exchange({}))).toEqual([]);
    expect(judge.responseFaults(exchange({}))).toEqual([]);
  });

  test("objects to a field that is missing, mistyped or in the wrong envelope", () => {
    const answers = [
      { data: [{ name: "x" }] },
      { data: [{ name: 1, description: "" }] },
      { data: [], more: 1 },
    ];
    for (const answer of answers)
      expect(judge.responseFaults(exchange({ responseText: JSON.stringify(answer) }))).not.toEqual([]);
  });

  test("strictly, objects to a field that is not named, at any depth, in answers and requests", () => {
    const strict = new Contract(undefined, { strict: true });
    const answer = exchange({
      responseText: JSON.stringify({ data: [{ name: "x", description: "", more: 1 }] }),
    });
    const request = exchange({
      method: "POST",
      path: "/firewall-rulesets",
      requestBody: {
        name: "web",
        region: "us-west-1",
        rules: [{ protocol: "icmp", source_network: "0.0.0.0/0", description: "", more: 1 }],
      },
    });
    expect([judge.responseFaults(answer), judge.requestFaults(request)]).toEqual([[], []]);
    expect(strict.responseFaults(answer)).toHaveLength(1);
    expect(strict.requestFaults(request)).toHaveLength(1);
    // An object without named fields is free.
    expect(strictly(schemaOf({ details: {} }))).toMatchObject({
      additionalProperties: false,
      properties: { details: schemaOf({}) },
    });
  });

  test("objects to a status, a content type and an error code that the operation does not have", () => {
    expect(judge.responseFaults(exchange({ status: 418 }))).toHaveLength(1);
    expect(judge.responseFaults(exchange({ contentType: "text/html" }))).toHaveLength(1);
    const error = { error: { code: "global/duplicate", message: "" } };
    expect(judge.responseFaults(exchange({ status: 404, responseText: JSON.stringify(error) }))).not.toEqual(
      [],
    );
  });

  test("objects to requests: unknown path, query and wrong bodies", () => {
    expect(judge.requestFaults(exchange({ path: "/nowhere" }))).toHaveLength(1);
    expect(judge.requestFaults(exchange({ query: { x: "1" } }))).toHaveLength(1);
    const launch = { method: "POST", path: "/instance-operations/launch" };
    expect(judge.requestFaults(exchange({ ...launch, requestBody: { region_name: "x" } }))).not.toEqual([]);
  });

  test("knows the global ruleset from one with an id", () => {
    const rules = { data: { id: "other", name: "x", rules: [] } };
    const path = "/firewall-rulesets/global";
    expect(judge.responseFaults(exchange({ path, responseText: JSON.stringify(rules) }))).not.toEqual([]);
  });

  test("takes 429 only as the plain text of the proxy in front", () => {
    const plain = { status: 429, contentType: "text/plain" };
    expect(judge.responseFaults(exchange({ ...plain, responseText: "error code: 1015" }))).toEqual([]);
    expect(judge.responseFaults(exchange({ ...plain, responseText: "{}" }))).toHaveLength(1);
  });
});
