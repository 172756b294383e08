import { expect, test } from "vitest";
import { effectsOf } from "../../../../delivery/comment/impact/index.ts";
import type { Outcome } from "../../../../delivery/comment/steps.ts";

/** The upgrade of a release from one image to another. */
function upgrade(name: string, before: string, after: string): Outcome {
  const type = "kubernetes:helm.sh/v3:Release";
  const state = (image: string) => ({ inputs: { name, values: { image } }, outputs: {} });
  return {
    urn: `urn:pulumi:dev::sophia-infra::${type}::${name}`,
    name,
    type,
    kind: "update",
    paths: ["values.image"],
    keys: [],
    old: state(before),
    new: state(after),
    real: true,
    retained: false,
  };
}
const severity = (...given: Parameters<typeof upgrade>) => effectsOf([upgrade(...given)])[0]?.severity;

test("C1 D1 PostgreSQL of another major version is data, which a plan is stopped for; a minor one is an outage", () => {
  const image = (tag: string) => `registry.test:5000/postgresql:${tag}`;
  expect(severity("postgres", image("15.20-standard"), image("16.1-standard"))).toBe("data");
  expect(severity("postgres", image("16.1"), image("15.20"))).toBe("data");
  expect(severity("postgres", image("15.20-standard"), image("15.21-standard"))).toBe("outage");
  expect(severity("postgres", image("15"), `${image("15")}@sha256:${"16".repeat(32)}`)).toBe("outage");
  expect(severity("redis", image("7.0.15"), image("8.0.1"))).toBe("outage");
});
