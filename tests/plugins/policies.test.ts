import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { labOf } from "../../lab/lab.ts";
import { rules } from "../../policies/rules/index.ts";
import { obtain } from "../../tools/artefacts/obtain.ts";
import { helm } from "../../tools/helm/artefact.ts";
import { repository } from "../../tools/repository.ts";
import { plantedKeys } from "../unit/policies/keys/planted.ts";
import { type OperationResult, type Program, runProgram } from "./harness.ts";

const programs = join(import.meta.dirname, "programs");
const pack = join(repository, "policies");
const strict = join(programs, "strict");
const lambdaKey = () => plantedKeys().find(({ format }) => format === "Lambda Cloud API key")?.key ?? "";

/** What is asked in production only. */
const inProduction = ["digest-in-production", "postgres-survives"];

let HELM_BINARY = "";
beforeAll(async () => {
  const folders = await obtain([helm], { cache: labOf().cache });
  HELM_BINARY = join(folders.get(helm.name) ?? "", "helm");
});

interface Judged extends OperationResult {
  /** Names of the resources that were refused, by rule. */
  refused: Map<string, string[]>;
  /** Rules that only gave advice. */
  advised: string[];
  /** Everything that the pack said. */
  said: string;
}

interface Given {
  bad: boolean;
  key: string;
  config?: object;
  exceptions?: object[];
  env?: Record<string, string>;
}

/** Runs a program under a pack. A key is made up for each run. */
async function run(verb: "up" | "preview", name: string, folder: string, given: Given): Promise<Judged> {
  const stack: Program = await runProgram({ program: join(programs, name), env: { HELM_BINARY } });
  const file = join(stack.dir, "exceptions.json");
  await writeFile(file, JSON.stringify(given.exceptions ?? []));
  const result = await stack[verb]({
    policyPacks: [folder],
    config: { bad: String(given.bad), budget: '{"monthlyUsd":1000}', ...given.config },
    env: { TEST_EXCEPTIONS: file, TEST_KEY: given.key, ...given.env },
  });
  const refused = new Map<string, string[]>();
  const events = result.events.flatMap(({ policyEvent }) => policyEvent ?? []);
  for (const { policyName, enforcementLevel, ...event } of events) {
    if (enforcementLevel !== "mandatory") continue;
    const resource = String(event.resourceUrn ?? "").split("::");
    refused.set(policyName, [...(refused.get(policyName) ?? []), resource.at(-1) ?? ""]);
  }
  const advised = events
    .filter(({ enforcementLevel }) => enforcementLevel === "advisory")
    .map(({ policyName }) => policyName);
  return { ...result, refused, advised, said: events.map(({ message }) => message).join("\n") };
}
const preview = (folder: string, given: Given) => run("preview", "violating", folder, given);

describe("S3 the policy pack in a preview", () => {
  test("refuses a violation of each rule with its name and fix, and no compliant resource", async () => {
    const key = lambdaKey();
    const { code, stdout, refused, said } = await preview(pack, { bad: true, key });
    expect(code, stdout).not.toBe(0);
    const plain = stdout.replaceAll(/\s+/g, " ");
    for (const { name, fix } of rules.filter(({ name: each }) => !inProduction.includes(each))) {
      expect(refused.get(name) ?? [], name).toContain(`bad-${name}`);
      expect(plain, name).toContain(fix);
    }
    expect([...refused.values()].flat().filter((name) => name.startsWith("good-"))).toEqual([]);
    // What is secret as a whole.
    expect(said).toContain("bad-secret-spec at spec.template.spec: hostNetwork is on");
    expect(said).toContain("bad-secret-spec at spec.template.spec.volumes[0]: a value here breaks the rule");
    // The pods inside the release, which only helm shows; one of them in a List.
    expect(refused.get("no-host-access")).toContain("bad-release");
    expect(said).toContain("bad-release/Pod/inner at spec: hostPID is on");
    expect(said).toContain("bad-release/Pod/listed at spec: hostPID is on");
    expect(said).toContain(
      "bad-release/Pod/inner at metadata.annotations.note: holds what looks like a key (Lambda Cloud API key)",
    );
    expect(said).not.toContain(key.slice(-16));
    // Of the stack as a whole.
    expect(refused.has("stack-within-budget")).toBe(true);
    expect(said).toContain("namespace bad-namespace-pod-security: has no default-deny policy");
    expect(said).toContain("namespace bad-namespace-pod-security: has no DNS");
    expect(said).toContain(
      "bad-gpu-replicas-fit: the pods of its namespace take up to 5 GPU slices, there are 4",
    );
    expect(said).toContain("bad-postgres-base-backup: archives its log, and no ScheduledBackup is its base");
    expect(said).toContain("output badOutput.note: holds what looks like a key (Lambda Cloud API key)");
    expect(said).not.toMatch(/^(?:namespace |output )?good/m);
  });

  test("refuses images without a digest and a single-instance PostgreSQL in production, and accepts a compliant program", async () => {
    const bad = await preview(strict, { bad: true, key: lambdaKey() });
    for (const name of inProduction) expect(bad.refused.get(name)).toContain(`bad-${name}`);
    const { code, stdout, refused } = await preview(strict, { bad: false, key: lambdaKey() });
    expect([...refused]).toEqual([]);
    expect(code, stdout).toBe(0);
  });

  test("checks a release before it is created, when its values are known only then", async () => {
    const { code, refused, said, steps } = await run("up", "late", strict, { bad: true, key: lambdaKey() });
    expect(code).not.toBe(0);
    expect([...refused.keys()]).toEqual(["no-host-access"]);
    expect(said).toContain("late-release/Pod/inner at spec: hostPID is on");
    expect(steps.map(({ name }) => name)).not.toContain("late-release");
    const before = await run("preview", "late", strict, { bad: true, key: lambdaKey() });
    expect(before.code, before.stdout).toBe(0);
    expect(before.advised).toEqual(["releases-judged-later"]);
  });

  test("S3 L7 advises of a host that may become too dear, refuses none for it, and says nothing within the budget", async () => {
    const either = async (monthlyUsd: number) => {
      const config = { either: "true", budget: JSON.stringify({ monthlyUsd }) };
      const result = await preview(strict, { bad: false, key: lambdaKey(), config });
      expect(result.code, result.stdout).toBe(0);
      expect([...result.refused]).toEqual([]);
      return result;
    };
    const advice = await either(1000);
    expect(advice.advised).toEqual(["launch-within-budget"]);
    expect(advice.said).toContain("its machines (either, good-budget) may cost $");
    expect((await either(5000)).advised).toEqual([]);
  });

  test("S1 refuses a key in the configuration that is not marked secret", async () => {
    const key = lambdaKey();
    const { code, refused, said } = await preview(strict, { bad: false, key: "", config: { note: key } });
    expect(code).not.toBe(0);
    expect([...refused.keys()]).toEqual(["no-hard-coded-keys"]);
    expect(said).toContain("program-violating:note: holds what looks like a key (Lambda Cloud API key)");
    expect(said).not.toContain(key.slice(-16));
  });

  test("S3 finds a key of each format in each place, and shows none", async () => {
    const keys = plantedKeys();
    const { said, stdout } = await run("preview", "keys", strict, {
      bad: true,
      key: "",
      env: { TEST_KEYS: JSON.stringify(keys.map(({ key }) => key)) },
    });
    const places = [
      "environment",
      "arguments",
      "annotations",
      "config-map",
      "command",
      "user-data",
      "values",
    ];
    const formats = [...new Set(keys.map(({ format }) => format))];
    const lines = said.split("\n");
    const missed = places.flatMap((place) =>
      formats
        .filter(
          (format) => !lines.some((line) => line.startsWith(`${place} at `) && line.includes(`(${format}`)),
        )
        .map((format) => `${place}: ${format}`),
    );
    expect(missed, stdout.slice(-2000)).toEqual([]);
    for (const { key } of keys)
      for (const piece of key.match(/[A-Za-z0-9]{16,}/g) ?? []) expect(said).not.toContain(piece);
  });

  test("honours exceptions, and fails for an unused one", async () => {
    const exception = (rule: string, resource: string, expires = "2999-01-01") => ({
      rule,
      resource,
      reason: "only for this test, which ends soon",
      expires,
    });
    const excepted = rules
      .filter(({ name }) => name !== "kubernetes-secrets-are-secret")
      .map(({ name }) => exception(name, `bad-${name}`));
    const also = ["no-host-access", "no-hard-coded-keys"].map((rule) => exception(rule, "bad-release/*"));
    also.push(exception("kubernetes-secrets-are-secret", "bad-kubernetes-secrets-are-secret/*"));
    const latest = exception("digest-in-production", "bad-no-latest-tag");
    const { code, refused, said } = await preview(strict, {
      bad: true,
      key: lambdaKey(),
      exceptions: [
        ...excepted,
        ...also,
        latest,
        exception("no-hard-coded-keys", "bad-release"),
        exception("no-host-access", "bad-secret-spec"),
        exception("probes", "nobody"),
        exception("non-root", "bad-non-root", "2020-01-01"),
      ],
    });
    expect([...refused.keys()].sort(), said).toEqual([
      "exceptions-are-needed",
      "gpu-replicas-fit",
      "namespace-default-deny",
      "namespace-dns",
      "postgres-base-backup",
      "secret-outputs",
      "stack-within-budget",
    ]);
    expect(said).toContain("namespace bad-namespace-pod-security: has no default-deny policy");
    expect(said).toContain("exception from probes for nobody is not needed any more");
    expect(said).toContain("exception from non-root for bad-non-root expired on 2020-01-01");
    expect(code).not.toBe(0);
  });

  test("fails, rather than skips, when helm is missing", async () => {
    const own = HELM_BINARY;
    onTestFinished(() => {
      HELM_BINARY = own;
    });
    HELM_BINARY = "/no/such/helm";
    const { code, refused, said } = await preview(strict, { bad: false, key: lambdaKey() });
    expect(code).not.toBe(0);
    expect(refused.get("releases-can-be-read")).toContain("good-release");
    expect(said).toContain("Fix: name helm in HELM_BINARY");
  });
});
