import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect, onTestFinished, test } from "vitest";
import { DynamicResource } from "../../../components/core/provider/dynamic.ts";
import { moduleOf, providerText } from "../../../components/core/provider/providerText.ts";
import { sourcesIn } from "../../support/sources.ts";

/** What states of stacks may name. One that is gone from here could not be refreshed or deleted there. */
const modules = [
  "components/services/gpuMetrics/certificateProvider.ts",
  "components/services/redis/certificateProvider.ts",
  "data/estuary/provider/publication.ts",
  "data/estuary/slot/provider.ts",
  "k3s/config/knownKubeconfigProvider.ts",
  "k3s/drainProvider.ts",
  "k3s/identityProvider.ts",
  "k3s/leaving/leavingProvider.ts",
  "k3s/ssh/hostKeyProvider.ts",
  "k3s/ssh/keyChangeProvider.ts",
  "k3s/tunnel/closingProvider.ts",
  ...["fileSystem", "firewallRules", "firewallRuleset", "instance", "instanceClaim", "sshKey"].map(
    (name) => `lambda/provider/handlers/${name}.ts`,
  ),
];

const module = "some/thing/provider.ts";
const text = providerText(module);

/** A folder like the repository, with the module where it belongs. */
function checkout(code: string): string {
  const root = mkdtempSync(join(tmpdir(), "checkout-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "some/thing"), { recursive: true });
  mkdirSync(join(root, "tests/programs"), { recursive: true });
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(join(root, module), code);
  return root;
}

/** Runs stored text as the dynamic provider does, in a process of its own in that folder. */
function evaluate(folder: string, expression: string): unknown {
  const script = `${text}
    Promise.resolve(exports.handler()).then(async (provider) => ${expression}).then(
      (value) => console.log(JSON.stringify(value ?? null)),
      (error) => console.log(JSON.stringify({ failed: error.message })))`;
  const file = join(folder, "stored.cjs");
  writeFileSync(file, script);
  return JSON.parse(execFileSync(process.execPath, [file], { cwd: folder, encoding: "utf8" }));
}

test("modules that states name are all known, and still there", async () => {
  const root = join(import.meta.dirname, "../../..");
  const named = [...sourcesIn(root)]
    .filter(([file, text]) => !file.startsWith("tests/") && text.includes("extends DynamicResource"))
    .flatMap(([, text]) => [...text.matchAll(/"([\w/]+\.ts)"/g)].map(([, path]) => path));
  expect(named.sort()).toEqual([...modules].sort());
  for (const path of modules) expect(await import(join(root, path)), path).toHaveProperty("provider");
});

test("the stored text names the module and holds none of its code, so it is the same in every clone", () => {
  expect(text).toContain(module);
  expect(text).not.toContain(process.cwd());
  expect(providerText("other/provider.ts")).toBe(text.replaceAll(module, "other/provider.ts"));
});

test("the module of a stored text is found again, and only of such a text", () => {
  expect(moduleOf(text)).toBe(module);
  expect(moduleOf("exports.handler = () => ({})")).toBeUndefined();
  expect(moduleOf('join(dir, "../outside.ts")')).toBeUndefined();
});

test.each(["../outside.ts", "/etc/x.ts", "x.js", 'a"; evil.ts', "a/../b.ts", "node:fs"])(
  "%s is not a module of this repository",
  (wrong) => expect(() => providerText(wrong)).toThrow(/is not a module of this repository/),
);

test("today's code runs, from the program's folder or any below it, with its own `this`", () => {
  const root = checkout(`class Provider {
    region: string = "us-west-1";
    async create(inputs: { name: string }) { return { id: inputs.name, outs: { region: this.region } }; }
  }
  export const provider = new Provider();`);
  const create = 'provider.create({ name: "a" })';
  const made = { id: "a", outs: { region: "us-west-1" } };
  expect(evaluate(root, create)).toEqual(made);
  expect(evaluate(join(root, "tests/programs"), create)).toEqual(made);
});

test("methods that the module lacks do what Pulumi does by itself", () => {
  const root = checkout("export const provider = {};");
  const all = `[
    await provider.check({ a: 1 }, { a: 2 }),
    await provider.diff("id", { a: 1 }, { a: 2 }),
    await provider.read("id", { a: 1 }),
    await provider.update("id", { a: 1 }, { a: 2 }),
    await provider.delete("id", { a: 1 }) ?? null,
    await provider.configure({}) ?? null,
  ]`;
  expect(evaluate(root, all)).toEqual([
    { inputs: { a: 2 } },
    {},
    { id: "id", props: { a: 1 } },
    { outs: { a: 2 } },
    null,
    null,
  ]);
});

test("outside of the repository it says where to run", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"));
  onTestFinished(() => rmSync(elsewhere, { recursive: true }));
  expect(evaluate(elsewhere, "provider.create({})")).toEqual({
    failed: expect.stringMatching(
      /no some\/thing\/provider\.ts in .* or above: run pulumi inside the repository/,
    ),
  });
});

test("a resource is of the dynamic provider's type and carries the text with its inputs", async () => {
  const seen: { type: string; inputs: Record<string, unknown> }[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      seen.push({ type, inputs });
      return { id: `${name}-id`, state: { ...inputs, address: "203.0.113.7" } };
    },
    call: () => ({}),
  });
  class Thing extends DynamicResource {
    declare readonly address: pulumi.Output<string>;
    constructor(name: string, size: number) {
      super("test:Thing", module, name, { size, address: undefined });
    }
  }
  const { address } = new Thing("one", 3);
  expect(await new Promise((resolve) => address.apply(resolve))).toBe("203.0.113.7");
  expect(seen).toEqual([{ type: "pulumi-nodejs:dynamic/test:Thing", inputs: { size: 3, __provider: text } }]);
});
