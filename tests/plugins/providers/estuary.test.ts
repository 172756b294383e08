import { join } from "node:path";
import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { removeDeadLocks } from "../../../lab/pulumi/locks.ts";
import { checkout } from "../../../lab/pulumi/versions.ts";
import { someSecret, type TestEstuary, testEstuary } from "../../unit/data/estuary/support/estuary.ts";
import { brief } from "../events.ts";
import { interruptible, runProgram } from "../harness.ts";

const capture = "sophia/test/source-slack";
const staging = "sophia/test/materialize-postgres";

/** The program that publishes a capture and a materialization at this Estuary. */
const publishing = (estuary: TestEstuary, token: string) =>
  runProgram({
    program: join(checkout, "tests/plugins/programs/estuary"),
    config: {
      "sophia-infra:pipeline": {
        estuary: {
          agentUrl: estuary.url,
          restUrl: `${estuary.url}/rest/v1`,
          encryptionUrl: `${estuary.url}/encryption`,
          pollInterval: 0.05,
          publishDeadline: 120,
          readyDeadline: 120,
          settleDeadline: 30,
          retryDeadline: 3,
        },
      },
    },
    secrets: { "sophia-infra:estuaryApiKey": estuary.key, token },
  });

test("P1 S1 a publication under the real engine: previewed, published once, changed alone, secret in the state, deleted", async () => {
  const estuary = await testEstuary({ now: Date.now, publishSeconds: 0.1 });
  const { plane, control } = estuary;
  const token = someSecret();
  const other = someSecret();
  const program = await publishing(estuary, token);
  const password = () => {
    const task = plane.specs.materializations[staging];
    return task?.connector === "materialize-postgres" ? task.config.credentials : undefined;
  };
  const clean = (text: string) => {
    for (const secret of [token, other, estuary.key, password()?.password ?? "none yet"])
      expect(text).not.toContain(secret);
  };

  const preview = await program.preview();
  expect(preview.code, preview.stdout).toBe(0);
  expect(brief(preview.steps).sort()).toEqual(["create capture", "create password", "create staging"]);
  expect(Object.keys(control.store.state.live)).toEqual([]);

  const up = await program.up();
  expect(up.code, up.stdout).toBe(0);
  expect(plane.specs.captures[capture]?.config.credentials).toMatchObject({ api_token: token });
  expect(password()).toMatchObject({
    auth_type: "UserPassword",
    password: expect.stringMatching(/^\w{32}$/),
  });
  clean(up.stdout);
  clean(JSON.stringify(await program.export()));

  const again = await program.up();
  expect(brief(again.steps)).toEqual([]);

  const change = await program.up({ secrets: { token: other } });
  expect(change.code, change.stdout).toBe(0);
  expect(brief(change.steps)).toEqual(["update capture"]);
  expect(plane.specs.captures[capture]?.config.credentials).toMatchObject({ api_token: other });
  expect([plane.restarts.get(capture), plane.restarts.get(staging)]).toEqual([2, 1]);
  clean(change.stdout);

  // Estuary refuses one part of it: what is live stays, and the reason is told by spec.
  estuary.control.plan({ type: "buildFailed", detail: "the bot was removed from the workspace" });
  const refused = await program.up({ config: { interval: "10m" } });
  expect(refused.code).not.toBe(0);
  expect(refused.stdout).toMatch(
    /publication of sophia\/test\/source-slack ended as buildFailed.*the bot was removed/s,
  );
  expect(plane.specs.captures[capture]?.intervalSeconds).toBe(300);
  clean(refused.stdout);

  // Deleted by somebody else: noticed by refresh, and published again.
  delete control.store.state.live[staging];
  const refresh = await program.refresh();
  expect(refresh.code, refresh.stdout).toBe(0);
  const repaired = await program.up();
  expect(repaired.code, repaired.stdout).toBe(0);
  expect(brief(repaired.steps).sort()).toEqual(["create staging", "update capture"]);
  expect(plane.specs.captures[capture]?.intervalSeconds).toBe(600);

  const down = await program.destroy();
  expect(down.code, down.stdout).toBe(0);
  expect(control.store.state.live).toEqual({});
  expect(control.store.state.drafts).toEqual({});
  expect(plane.deleted).toEqual([staging, capture]);
  clean(down.stdout);
});

test("P1 a CLI that is killed between publication and poll: the next update takes what was published, and publishes nothing twice", async () => {
  // Until then the CLI must be dead.
  const estuary = await testEstuary({ now: Date.now, publishSeconds: 6 });
  const { plane, control } = estuary;
  const program = await publishing(estuary, someSecret());
  const interrupt = interruptible();
  const killed = program.up({ interrupt: interrupt.promise });
  const published = () => Object.values(control.store.state.publications);
  await waitFor({ what: "a publication under way", deadline: 120, interval: 0.02 }, async () =>
    published().some(({ type }) => type === "queued") ? true : notYet(`${published().length} are over`),
  );
  interrupt.now("SIGKILL");
  expect((await killed).code).not.toBe(0);
  // Nothing of it is in the state, and Estuary goes on with it.
  expect(published().map(({ type }) => type)).toEqual(["queued"]);
  expect((await program.export()).resources.map(({ urn }) => urn.split("::").at(-1))).not.toContain(
    "capture",
  );
  expect(await removeDeadLocks(program.state)).toHaveLength(1);

  const next = await program.up();
  expect(next.code, next.stdout).toBe(0);
  expect([plane.restarts.get(capture), plane.restarts.get(staging)]).toEqual([1, 1]);
  expect(published().map(({ type }) => type)).toEqual(["success", "success"]);
  expect(brief((await program.up()).steps)).toEqual([]);
  const down = await program.destroy();
  expect(down.code, down.stdout).toBe(0);
  expect(control.store.state).toMatchObject({ live: {}, drafts: {} });
});

test("P1 a task that is replaced on request is deleted with its collections and what reads them, and all are published anew", async () => {
  const estuary = await testEstuary({ now: Date.now, publishSeconds: 0.1 });
  const { plane, control } = estuary;
  const program = await publishing(estuary, someSecret());
  const up = await program.up();
  expect(up.code, up.stdout).toBe(0);
  const { resources } = await program.export();
  const urnOf = (name: string) =>
    resources.find(({ urn }) => urn.endsWith(`Publication::${name}`))?.urn ?? "";
  const ids = () =>
    Object.fromEntries(Object.entries(control.store.state.live).map(([of, { id }]) => [of, id]));
  const before = ids();

  // What reads its collections is replaced with it, or Estuary would disable its bindings.
  const both = await program.up({ args: ["--replace", urnOf("capture")] });
  expect(both.code, both.stdout).toBe(0);
  expect(brief(both.steps).filter((step) => step.startsWith("delete"))).toEqual([
    "delete-replaced staging",
    "delete-replaced capture",
  ]);
  expect(plane.deleted).toEqual([staging, capture]);
  const after = ids();
  expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
  for (const [name, id] of Object.entries(after)) expect(id, name).not.toBe(before[name]);
  expect(plane.specs.materializations[staging]?.bindings.map(({ disabled }) => disabled)).toEqual([
    false,
    false,
  ]);
  expect(brief((await program.up()).steps)).toEqual([]);
});
