import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { type AnySecretName, secrets } from "../../../components/settings/environment/secrets.ts";
import { liveSecrets } from "../../../components/settings/environment/uses.ts";
import { parseConfig } from "../../../components/settings/parse.ts";
import type { Fault } from "../../../esc/check/fault.ts";
import { judge } from "../../../esc/check/judge.ts";
import { type Checkout, questionOf, readCheckout } from "../../../esc/check/material.ts";
import { entriesOf } from "../../../esc/check/report.ts";
import { labOf } from "../../../lab/lab.ts";
import { escEvaluator } from "../../../lab/pulumi/esc/artefact.ts";
import { evaluate } from "../../../lab/pulumi/esc/evaluator.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { repository } from "../../../tools/repository.ts";

let folder: string;
let checkout: Checkout;
beforeAll(async () => {
  const folders = await obtain([escEvaluator], { cache: labOf().cache });
  folder = folders.get(escEvaluator.name) ?? "";
  checkout = await readCheckout(repository);
}, 300_000);

/** The real files after some edits: `sophia/dev` names an environment, `dev` a stack file. */
async function faultsAfter(edits: Record<string, (text: string) => string | undefined>): Promise<string[]> {
  const changed = (texts: Record<string, string>, prefix: boolean) => {
    const names = new Set([
      ...Object.keys(texts),
      ...Object.keys(edits).filter((name) => name.includes("/") === prefix),
    ]);
    return Object.fromEntries(
      [...names].flatMap((name) => {
        const text = edits[name] ? edits[name](texts[name] ?? "") : texts[name];
        return text === undefined ? [] : [[name, text]];
      }),
    );
  };
  const broken = {
    environments: changed(checkout.environments, true),
    stacks: changed(checkout.stacks, false),
  };
  const reports = await evaluate(folder, questionOf(broken));
  const sparse = await evaluate(folder, questionOf(broken, "required"));
  return judge({ ...broken, reports, sparse }).map(written);
}
const written = ({ file, line, column, message }: Fault) => `${file}:${line}:${column}: ${message}`;
const replaced = (text: string, from: string, to: string) => {
  if (!text.includes(from)) throw new Error(`the file no longer has ${from}`);
  return text.replace(from, () => to);
};

test("S1 each stack gets from ESC just what its program reads", async () => {
  expect(Object.keys(checkout.stacks)).toEqual(["dev", "prod"]);
  expect(Object.keys(checkout.environments)).toEqual([
    "sophia/base",
    "sophia/defaults",
    "sophia/dev",
    "sophia/prod",
  ]);
  expect(await faultsAfter({})).toEqual([]);
});

test("S1 the program accepts each stack file together with what ESC gives, secret as ESC says", async () => {
  const reports = await evaluate(folder, questionOf(checkout));
  for (const [stack, text] of Object.entries(checkout.stacks)) {
    const { config } = parse(text) as { config: Record<string, unknown> };
    const given = entriesOf(reports[`sophia/${stack}`]?.properties?.pulumiConfig) ?? [];
    const bare = (key: string) => key.replace("sophia-infra:", "");
    const forms = { Certificate: "BEGIN CERTIFICATE", Key: "PRIVATE KEY", Url: "https://one.test/token" };
    const form = (key: string) => Object.entries(forms).find(([end]) => key.endsWith(end))?.[1] ?? "token";
    const result = parseConfig({
      values: Object.fromEntries([
        ...Object.entries(config).map(([key, value]) => [
          bare(key),
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
        ...given.map(([key]) => [bare(key), form(key)]),
      ]),
      secretKeys: new Set(given.filter(([, { secret }]) => secret).map(([key]) => bare(key))),
    });
    expect(result.ok ? [] : result.faults).toEqual([]);
  }
});

/** What is done to which file, and the one fault that must be found. */
interface Case {
  when: string;
  file: string;
  replace?: string;
  with?: string;
  append?: string;
  text?: string;
  fault: string;
}
const cases = parse(readFileSync(join(repository, "tests/fixtures/esc/faults.yaml"), "utf8")) as Case[];

const edited =
  ({ replace: from, with: to, append, text }: Case) =>
  (whole: string) =>
    text ?? (from === undefined ? `${whole}${append}` : replaced(whole, from, to ?? ""));

test.each(cases)("S1 when $when, place and remedy are said", async (given) => {
  const faults = await faultsAfter({ [given.file]: edited(given) });
  expect(faults.join("\n")).toContain(given.fault);
  expect(faults.join("\n")).not.toContain("hunter2");
});

/** A secret that is listed, and that nobody reads yet; there may be none left. */
const [idle] = (Object.keys(secrets) as AnySecretName[]).filter((name) => !liveSecrets.has(name));

test.skipIf(!idle)("S1 a secret that nobody reads yet may not be given", async () => {
  const key = `sophia-infra:${idle}`;
  const faults = await faultsAfter({
    "sophia/base": (text) => `${text}    ${key}: \${${secrets[idle ?? "tlsKey"].path}}\n`,
  });
  expect(faults.join("\n")).toMatch(
    /^esc\/sophia\/base.yaml:\d+:5: sophia-infra:\w+ is not read yet \(it is for .+\); remove it$/m,
  );
});

test("S2 the rotators that the runbook has for Snowflake give both keys", async () => {
  const book = readFileSync(join(repository, "docs/runbooks/rotate.md"), "utf8");
  const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(book) ?? [];
  const { values } = parse(yaml) as { values: { snowflake: object } };
  const question = questionOf(checkout, "required");
  const stub = parse(question.environments["sophia/prod-secrets"] ?? "") as { values: object };
  const environments = {
    ...question.environments,
    "sophia/prod-secrets": stringify({ values: { ...stub.values, ...values } }),
  };
  const reports = await evaluate(folder, { environments, evaluate: ["sophia/prod-secrets", "sophia/prod"] });
  // The stand-in of a rotator takes any state: that there is none yet fits twice.
  const known = "exactly one subschema may match";
  const said = Object.values(reports).flatMap(({ diagnostics }) => diagnostics.map(({ message }) => message));
  expect(said.filter((message) => message !== known)).toEqual([]);
  const given = new Map(entriesOf(reports["sophia/prod"]?.properties?.pulumiConfig) ?? []);
  for (const name of ["snowflakeLoaderPrivateKey", "snowflakeReaderPrivateKey"])
    expect([name, given.get(`sophia-infra:${name}`)]).toEqual([
      name,
      expect.objectContaining({ unknown: true }),
    ]);
});

test("S1 pulumiConfig that is no map is found, and what is missing with it", async () => {
  const faults = await faultsAfter({
    "sophia/dev": () => "imports: [sophia/dev-secrets]\nvalues:\n  pulumiConfig: none\n",
  });
  expect(faults).toContain("esc/sophia/dev.yaml:3:17: pulumiConfig must be a map of keys and values");
  expect(faults.filter((fault) => fault.includes("does not get"))).toHaveLength(liveSecrets.size);
});

test("a fault that several stacks inherit is told once", async () => {
  const faults = await faultsAfter({
    "sophia/base": (text) => replaced(text, "lambda.apiKey}", "lambda.apiKei}"),
  });
  expect(faults.filter((fault) => fault.includes("apiKei"))).toHaveLength(1);
});

test("`make esc` ends with 1 and lines that an editor can follow", async () => {
  const copy = mkdtempSync(join(tmpdir(), "esc-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  cpSync(join(repository, "esc"), join(copy, "esc"), { recursive: true });
  for (const name of readdirSync(repository).filter((file) => /^Pulumi\..*yaml$/.test(file))) {
    cpSync(join(repository, name), join(copy, name));
  }
  const check = () =>
    new Promise<{ code: number; said: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [join(repository, "lab/pulumi/esc/check.ts"), copy],
        (error, stdout) => resolve({ code: error ? Number(error.code) : 0, said: stdout }),
      );
      child.stdin?.end();
    });
  expect(await check()).toEqual({ code: 0, said: "✔ 4 environments for 2 stacks\n" });
  writeFileSync(join(copy, "esc/sophia/prod.yaml"), "valuez: {}\n");
  const { code, said } = await check();
  expect(code).toBe(1);
  expect(said).toContain("esc/sophia/prod.yaml:1:1: valuez is not a top-level key");
});
