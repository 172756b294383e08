import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { effectsOf, knownTypes } from "../../../../delivery/comment/impact/index.ts";
import { withoutData } from "../../../../delivery/comment/impact/withoutData.ts";
import { type Outcome, outcomesOf } from "../../../../delivery/comment/steps.ts";
import { objections } from "../../../../delivery/stack/guard.ts";
import { type Part, parts, targetsOf } from "../../../../delivery/stack/operations.ts";
import { registeredBy } from "../../../../esc/uses/derive.ts";
import { repository } from "../../../../tools/repository.ts";

const database = "snowflake:index/database:Database";
const publication = "pulumi-nodejs:dynamic/estuary:Publication";
const slot = "pulumi-nodejs:dynamic/estuary:ReplicationSlot";

/** What becomes of a resource of the pipeline. */
function outcome(type: string, kind: Outcome["kind"], more: Partial<Outcome> = {}): Outcome {
  const inputs = { name: "SOPHIA_AI" };
  return {
    urn: `urn:pulumi:dev::sophia-infra::sophia:data:Pipeline$${type}::pipeline-thing`,
    name: "pipeline-thing",
    type,
    kind,
    paths: [],
    keys: [],
    old: { inputs, outputs: {} },
    new: { inputs, outputs: {} },
    real: true,
    retained: false,
    ...more,
  };
}

/** Severities of all effects, the worst first. */
const severities = (...outcomes: Outcome[]) => effectsOf(outcomes).map(({ severity }) => severity);
const guarded = (...outcomes: Outcome[]) =>
  objections(
    {
      stack: "prod",
      offline: false,
      succeeded: true,
      changes: [],
      unchanged: 0,
      effects: effectsOf(outcomes),
      policies: { packs: [], passed: 0, verdicts: [] },
      cost: { items: [], before: 0, after: 0, budget: 0 },
      messages: [],
    },
    { dataLoss: false },
  );

/** Types that the program registers, by stack. */
const registered = Object.fromEntries(
  Object.entries(await registeredBy(repository)).map(([stack, all]) => [
    stack,
    [...all.keys()].map((key) => key.split(" ")[0] ?? ""),
  ]),
);

test("C1 each part that can be deployed alone is a component of the program", () => {
  expect(Object.keys(registered)).toEqual(["dev", "prod"]);
  for (const types of Object.values(registered))
    for (const part of Object.keys(parts) as Part[]) expect(() => targetsOf(part, types), part).not.toThrow();
});

describe("C1 no type of resource is forgotten", () => {
  test("that the program registers", () => {
    const types = new Set(Object.values(registered).flat());
    // Else the program did not run to its end.
    expect(types).toContain(database);
    expect(types).toContain(slot);
    // Components: what they are made of speaks for them.
    const real = [...types].filter(
      (type) => !type.startsWith("sophia:") && !type.startsWith("kubernetes:yaml:"),
    );
    expect(real.filter((type) => !knownTypes.has(type))).toEqual([]);
  });

  test("that a real preview had", () => {
    const logs = join(import.meta.dirname, "../../../fixtures/delivery/logs");
    const types = new Set<string>();
    for (const name of readdirSync(logs)) {
      for (const line of readFileSync(join(logs, name), "utf8").split("\n").filter(Boolean)) {
        const { resourcePreEvent: step } = JSON.parse(line) as {
          resourcePreEvent?: { metadata: { type: string; new?: { custom?: boolean } | null } };
        };
        if (step?.metadata.new?.custom) types.add(step.metadata.type);
      }
    }
    types.delete("pulumi:pulumi:Stack");
    expect(types.size).toBeGreaterThan(20);
    expect([...types].filter((type) => !knownTypes.has(type))).toEqual([]);
  });

  test("that stands in the code only, for a setting that no stack of ours has", () => {
    const kinds = new Set([...knownTypes].map((type) => type.split(/[:/]/).at(-1)));
    const made = ["components", "data", "k3s", "lambda", "mcp"].flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
        .flatMap((name) => [
          ...readFileSync(join(repository, folder, name), "utf8").matchAll(
            /new (?:k8s|snowflake|random|command|dockerBuild)\.(?:\w+\.)*([A-Z]\w+)\(/g,
          ),
        ])
        .map(([, kind]) => kind),
    );
    expect(made).toContain("PersistentVolumeClaim");
    // A component, and the provider that stands for an account.
    const others = ["ConfigGroup", "Provider"];
    expect([...new Set(made)].filter((kind) => !kinds.has(kind) && !others.includes(kind ?? ""))).toEqual([]);
  });

  test("one that is new is taken for data until somebody judged it", () => {
    const type = "elsewhere:index/bucket:Bucket";
    expect(severities(outcome(type, "update"), outcome(type, "create"))).toEqual([]);
    expect(guarded(outcome(type, "delete"))).toEqual([
      expect.stringContaining("is unknown, so it counts as loss of data"),
    ]);
    expect(guarded(outcome(type, "replace"))).toHaveLength(1);
    expect(guarded(outcome(type, "delete", { real: false }))).toEqual([]);
    expect(guarded(outcome(type, "delete", { retained: true }))).toEqual([]);
    for (const known of Object.keys(withoutData)) expect(guarded(outcome(known, "delete"))).toEqual([]);
  });
});

test("L1 what a refresh no longer finds is lost, and made again", () => {
  const urn = `urn:pulumi:dev::sophia-infra::${database}::pipeline-snowflake-database`;
  const step = (op: string, more: object) => ({
    resourcePreEvent: { metadata: { op, urn, type: database, ...more } },
  });
  const state = { custom: true, inputs: { name: "SOPHIA_AI" }, outputs: {} };
  const found = [step("refresh", { old: state, new: state }), step("same", { old: state, new: state })];
  expect(guarded(...outcomesOf(found))).toEqual([]);
  const lost = [step("refresh", { old: state }), step("create", { new: state })];
  expect(guarded(...outcomesOf(lost))).toEqual([expect.stringContaining("database SOPHIA_AI: dropped")]);
});

describe("C1 guard keeps the pipeline's data", () => {
  test.each(["Database", "Schema"])("Snowflake's %s", (kind) => {
    const type = `snowflake:index/${kind.toLowerCase()}:${kind}`;
    expect(guarded(outcome(type, "delete"))).toEqual([
      expect.stringContaining("SOPHIA_AI: dropped with every"),
    ]);
    expect(guarded(outcome(type, "replace", { keys: ["name"] }))).toEqual([
      expect.stringContaining("replacement required by name"),
    ]);
    expect(severities(outcome(type, "update", { paths: ["comment"] }))).toEqual([]);
    expect(severities(outcome(type, "update", { paths: ["name"] }))).toEqual(["outage"]);
    expect(severities(outcome(type, "create"))).toEqual([]);
  });

  test("another account", () => {
    const provider = "pulumi:providers:snowflake";
    const all = [outcome(provider, "replace"), outcome(database, "replace")];
    // The account's loss says all.
    expect(guarded(...all)).toEqual([
      expect.stringContaining("Snowflake account: replaced by another account"),
    ]);
    expect(guarded(outcome(provider, "update", { paths: ["accountName"] }))).toHaveLength(1);
    expect(guarded(outcome(provider, "update", { paths: ["privateKey"] }))).toEqual([]);
    // With another version of the plugin Pulumi's own providers come and go.
    for (const type of [provider, "pulumi:providers:kubernetes"])
      expect(guarded(outcome(type, "delete", { name: "default_4_2_0" }))).toEqual([]);
  });

  test("what is at Estuary, but not its tasks alone", () => {
    const types = { "acme/dev/hubspot/contacts": "collection", "acme/dev/source-hubspot": "capture" };
    const old = {
      inputs: { owner: "acme/dev/source-hubspot", names: Object.keys(types) },
      outputs: { types },
    };
    expect(guarded(outcome(publication, "delete", { old }))).toEqual([
      "publication acme/dev/source-hubspot: deleted with its collections (removed from the program)",
    ]);
    expect(guarded(outcome(publication, "replace", { old }))).toHaveLength(1);
    const current = { inputs: { ...old.inputs, names: ["acme/dev/source-hubspot"] }, outputs: {} };
    expect(guarded(outcome(publication, "update", { old, new: current }))[0]).toContain(
      "collections are deleted: acme/dev/hubspot/contacts",
    );
    expect(severities(outcome(publication, "update", { old, new: old }))).toEqual(["restart"]);

    const task = { "acme/dev/materialize-postgres": "materialization" };
    const only = { inputs: { owner: "o", names: Object.keys(task) }, outputs: { types: task } };
    expect(severities(outcome(publication, "delete", { old: only }))).toEqual(["outage"]);
    // A state that does not say what was published is no proof that nothing was.
    expect(guarded(outcome(publication, "delete"))).toHaveLength(1);
  });

  test("changes that wait in the replication slot", () => {
    const old = { inputs: { slot: "flow_slot" }, outputs: {} };
    expect(guarded(outcome(slot, "replace", { old, keys: ["slot"] }))[0]).toContain(
      "slot flow_slot: dropped",
    );
    expect(severities(outcome(slot, "update", { paths: ["password"] }))).toEqual([]);
  });

  test("jobs hold none: they run again, or no more", () => {
    const job = "kubernetes:batch/v1:Job";
    expect(severities(outcome(job, "replace"), outcome("kubernetes:batch/v1:CronJob", "update"))).toEqual([
      "none",
      "none",
    ]);
    expect(severities(outcome("kubernetes:batch/v1:CronJob", "delete"))).toEqual(["outage"]);
    const urn = `urn:pulumi:dev::sophia-infra::sophia:data:Pipeline$sophia:data:Migrations$${job}::migrate`;
    expect(effectsOf([outcome(job, "replace", { urn })])[0]?.what).toContain("new migrations");
    expect(effectsOf([outcome(job, "replace")])[0]?.what).not.toContain("migrations");
  });

  test("who may no longer log in is told, and is no data", () => {
    const user = "snowflake:index/serviceUser:ServiceUser";
    expect(severities(outcome(user, "update", { paths: ["rsaPublicKey"] }))).toEqual(["restart"]);
    expect(severities(outcome(user, "update", { paths: ["comment"] }))).toEqual([]);
    const grant = "snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole";
    const old = { inputs: { accountRoleName: "SOPHIA_LOADER" }, outputs: {} };
    // Many rights of one role are one line.
    expect(effectsOf([outcome(grant, "delete", { old }), outcome(grant, "delete", { old })])).toEqual([
      expect.objectContaining({ subject: "role SOPHIA_LOADER", severity: "outage" }),
    ]);
  });
});
