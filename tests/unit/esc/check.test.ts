import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Fault, judge } from "../../../esc/check/judge.ts";
import { type Checkout, questionOf, readCheckout } from "../../../esc/check/material.ts";
import { obtain } from "../../../lab/artefacts/obtain.ts";
import { escEvaluator } from "../../../lab/esc/artefact.ts";
import { evaluate } from "../../../lab/esc/evaluator.ts";
import { labOf, repository } from "../../../lab/lab.ts";

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
  return judge({ ...broken, reports }).map(written);
}
const written = ({ file, line, column, message }: Fault) => `${file}:${line}:${column}: ${message}`;
const replace = (from: string, to: string) => (text: string) => {
  if (!text.includes(from)) throw new Error(`the file no longer has ${from}`);
  return text.replace(from, to);
};
const append = (more: string) => (text: string) => `${text}${more}`;

test("S1 each stack gets from ESC just what its program reads", async () => {
  expect(Object.keys(checkout.stacks)).toEqual(["dev", "prod"]);
  expect(Object.keys(checkout.environments)).toEqual(["sophia/base", "sophia/dev", "sophia/prod"]);
  expect(await faultsAfter({})).toEqual([]);
});

const dev = "sophia/dev";
const base = "sophia/base";
const tlsKey = "sophia-infra:tlsKey: ${tls.key}";

/** What is done to which file, and the one fault that must be found. */
const cases: [string, string, (text: string) => string | undefined, string][] = [
  [
    "a required key is missing",
    dev,
    replace(`    ${tlsKey}\n`, ""),
    "esc/sophia/dev.yaml:1:1: stack dev does not get sophia-infra:tlsKey; write `sophia-infra:tlsKey: ${tls.key}` under values.pulumiConfig",
  ],
  [
    "a secret is written down in the clear",
    dev,
    replace(tlsKey, "sophia-infra:tlsKey: hunter2"),
    "esc/sophia/dev.yaml:9:5: sophia-infra:tlsKey is not secret: it would be shown in previews and state; write `${tls.key}`",
  ],
  [
    "a secret is written down as a secret",
    dev,
    replace(tlsKey, "sophia-infra:tlsKey: {fn::secret: hunter2}"),
    "esc/sophia/dev.yaml:9:27: a secret's value does not belong into git; put it into the environment with -secrets",
  ],
  [
    "two secrets are mixed up",
    dev,
    replace("${tls.certificate}", "${tls.key}"),
    "esc/sophia/dev.yaml:8:5: sophia-infra:tlsCertificate comes from tls.key of sophia/dev-secrets; write `${tls.certificate}`",
  ],
  [
    "a secret is changed on its way",
    dev,
    replace(tlsKey, 'sophia-infra:tlsKey: "${tls.key}\\n"'),
    "esc/sophia/dev.yaml:9:5: sophia-infra:tlsKey does not arrive as it was stored; write `${tls.key}`, and nothing around it",
  ],
  [
    "a secret is a map",
    dev,
    replace(tlsKey, "sophia-infra:tlsKey: ${tls}"),
    "esc/sophia/dev.yaml:9:5: sophia-infra:tlsKey must be a string; write `${tls.key}`",
  ],
  [
    "a key is unknown",
    dev,
    append("    sophia-infra:tlsKee: ${tls.key}\n"),
    "esc/sophia/dev.yaml:10:5: sophia-infra:tlsKee is read by nobody; did you mean sophia-infra:tlsKey?",
  ],
  [
    "a key is known, but read by nobody yet",
    base,
    append("    sophia-infra:gongAccessKey: ${gong.accessKey}\n"),
    "esc/sophia/base.yaml:8:5: sophia-infra:gongAccessKey is read by nobody yet (it is meant for gong, mcp/gong); take it out until it is",
  ],
  [
    "a value is used by nobody",
    dev,
    append("  region: us-west-1\n"),
    "esc/sophia/dev.yaml:10:11: nothing refers to region; take it out, or use it",
  ],
  [
    "a key at the top is misspelt",
    dev,
    append("valuez: {}\n"),
    "esc/sophia/dev.yaml:10:1: valuez means nothing at the top of an environment; did you mean values?",
  ],
  [
    "a property does not exist",
    dev,
    replace(tlsKey, "sophia-infra:tlsKey: ${tls.kee}"),
    'esc/sophia/dev.yaml:9:31: unknown property "kee"',
  ],
  [
    "a key stands there twice",
    dev,
    append(`    ${tlsKey}\n`),
    'esc/sophia/dev.yaml:10:5: duplicate key "sophia-infra:tlsKey"',
  ],
  [
    "an import does not exist",
    dev,
    replace("  - sophia/base\n", "  - sophia/base\n  - sophia/extra\n"),
    "esc/sophia/dev.yaml:4:5: there is no environment sophia/extra",
  ],
  [
    "an environment imports itself",
    base,
    replace("  - sophia/base-secrets\n", "  - sophia/base-secrets\n  - sophia/base\n"),
    "esc/sophia/base.yaml:4:5: cyclic import of sophia/base",
  ],
  [
    "an import brings nothing",
    "sophia/dev",
    replace("  - sophia/base\n", "  - sophia/base\n  - sophia/base-secrets\n"),
    "esc/sophia/dev.yaml:4:5: sophia/base-secrets is not for sophia/dev: import sophia/dev-secrets, or sophia/base",
  ],
  [
    "one stage takes another's secrets",
    dev,
    replace("- sophia/dev-secrets", "- sophia/prod-secrets"),
    "esc/sophia/dev.yaml:4:5: sophia/prod-secrets is not for sophia/dev: import sophia/dev-secrets, or sophia/base",
  ],
  [
    "a pin names a version that git does not have",
    "sophia/prod",
    replace("sophia/base@stable", "sophia/base@12"),
    "esc/sophia/prod.yaml:4:5: sophia/base is pinned to @12, which git does not know; the only tag in use is @stable",
  ],
  [
    "values are pinned",
    dev,
    replace("- sophia/dev-secrets", "- sophia/dev-secrets@stable"),
    "esc/sophia/dev.yaml:4:5: sophia/dev-secrets is pinned to @stable: a rotated value would never arrive; import it without a pin",
  ],
  [
    "environmentVariables is no map",
    dev,
    append("  environmentVariables: LAB\n"),
    "esc/sophia/dev.yaml:10:25: environmentVariables must be a map of keys and values",
  ],
  [
    "an environment variable is no string",
    dev,
    append("  environmentVariables:\n    LAB: 3\n"),
    "esc/sophia/dev.yaml:11:5: LAB must be a string; put it in quotes",
  ],
  [
    "an environment variable is unknown",
    dev,
    append("  environmentVariables:\n    LAB_CASHE: x\n"),
    "esc/sophia/dev.yaml:11:5: LAB_CASHE is read by nobody; did you mean LAB_CACHE?",
  ],
  [
    "an environment variable is the program's",
    dev,
    append("  environmentVariables:\n    SOPHIA_HOSTS_FILE: x\n"),
    "esc/sophia/dev.yaml:11:5: SOPHIA_HOSTS_FILE is set in containers by the program; take it out here",
  ],
  [
    "a provider does not exist",
    dev,
    append("  environmentVariables:\n    LAB: {fn::open::snowflake-logon: {}}\n"),
    "esc/sophia/dev.yaml:11:10: there is no provider snowflake-logon; known are",
  ],
  [
    "a rotator would write its state into git",
    dev,
    append("  environmentVariables:\n    LAB: {fn::rotate::passphrase: {inputs: {}}}\n"),
    "esc/sophia/dev.yaml:11:11: a rotator, whose state is a secret, does not belong into git",
  ],
  [
    "an environment is used by no stack",
    "sophia/extra",
    () => "values:\n  environmentVariables: {LAB: x}\n",
    "esc/sophia/extra.yaml:1:1: no stack uses sophia/extra; take the file out, or import it",
  ],
  [
    "a stack names no environment",
    "dev",
    replace("  - sophia/dev\n", ""),
    "Pulumi.dev.yaml:2:1: the stack has no environment, so no secrets; write `environment: [sophia/dev]`",
  ],
  [
    "a stack names another's environment",
    "dev",
    replace("sophia/dev", "sophia/prod"),
    "Pulumi.dev.yaml:2:1: the stack does not name its environment sophia/dev",
  ],
  [
    "a stack has no environment in git",
    "stage",
    () => "environment: [sophia/stage]\n",
    "Pulumi.stage.yaml:1:1: there is no esc/sophia/stage.yaml; write it as its neighbours are written",
  ],
  [
    "the values themselves are in git",
    "sophia/dev-secrets",
    () => "values: {ssh: {privateKey: x}, tls: {certificate: x, key: x}}\n",
    "esc/sophia/dev-secrets.yaml:1:1: sophia/dev-secrets holds values: take the file out of git, and change what was in it",
  ],
  ["it is no YAML", dev, () => "values: [", "esc/sophia/dev.yaml:1:"],
];

describe.each(cases)("S1 when %s", (_, file, edit, expected) => {
  test("the place and the remedy are said", async () => {
    const faults = await faultsAfter({ [file]: edit });
    expect(faults.join("\n")).toContain(expected);
    expect(faults.join("\n")).not.toContain("hunter2");
  });
});

test("S1 pulumiConfig that is no map is found, and what is missing with it", async () => {
  const faults = await faultsAfter({
    [dev]: () => "imports: [sophia/dev-secrets]\nvalues:\n  pulumiConfig: none\n",
  });
  expect(faults).toContain("esc/sophia/dev.yaml:3:17: pulumiConfig must be a map of keys and values");
  expect(faults.filter((fault) => fault.includes("does not get"))).toHaveLength(4);
});

test("a fault that several stacks inherit is told once", async () => {
  const faults = await faultsAfter({ [base]: replace("${lambda.apiKey}", "${lambda.apiKei}") });
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
        [join(repository, "lab/esc/check.ts"), copy],
        (error, stdout) => resolve({ code: error ? Number(error.code) : 0, said: stdout }),
      );
      child.stdin?.end();
    });
  expect(await check()).toEqual({ code: 0, said: "✔ 3 environments for 2 stacks\n" });
  writeFileSync(join(copy, "esc/sophia/prod.yaml"), "valuez: {}\n");
  const { code, said } = await check();
  expect(code).toBe(1);
  expect(said).toContain("esc/sophia/prod.yaml:1:1: valuez means nothing");
});
