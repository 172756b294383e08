import { expect, test } from "vitest";
import { systemClock } from "../../../components/core/wait.ts";
import { createClient } from "../../../lambda/client/client.ts";
import { difference } from "../../../lambda/reconcile/diff.ts";
import { readInstance, updateInstance } from "../../../lambda/reconcile/instance/instance.ts";
import { fixedParts } from "../../../lambda/reconcile/instance/spec.ts";
import { testCloud } from "../../cloud/support/cloud.ts";
import { MemoryJournal } from "../../support/lambda/journal.ts";
import { unlimited } from "../../support/lambda/limiter.ts";

test("L5 a half-made host whose region was not known is finished with what its region gave it, and stays", async () => {
  const { cloud, control, api, key, launched } = await testCloud();
  const files = { name: "files", region: "us-west-1" };
  await api.call("POST", "/filesystems", { body: files });
  const { json } = await api.call("POST", "/firewall-rulesets", {
    body: { name: "rules", region: "us-west-1", rules: [] },
  });
  const ruleset = String(json.data?.id);
  const attached = { file_system_names: ["files"], firewall_rulesets: [{ id: ruleset }] };
  const id = await launched({ name: "host", hostname: "host", ...attached });
  await control.advance(600);
  const spec = {
    name: "host",
    claim: "c",
    stack: "s",
    hostname: "host",
    instanceTypes: ["gpu_1x_a10"],
    regions: ["us-west-1"],
    imageFamily: "lambda-stack-22-04",
    sshKeyName: "k",
    fileSystem: files,
    rulesets: { "us-west-1": ruleset },
  };
  const context = {
    api: await createClient({
      apiUrl: cloud.url,
      apiKey: key,
      requestsPerSecond: 1000,
      launchSpacing: 0,
      limiters: { all: unlimited, launch: unlimited },
    }),
    clock: systemClock,
    journal: new MemoryJournal(systemClock),
    timing: {
      bootDeadline: 20,
      terminateDeadline: 20,
      pollInterval: 0.1,
      settleDeadline: 0,
      unhealthyReplacements: 0,
    },
    adoptions: [],
    log: () => undefined,
  };
  const unknown = { address: "", privateAddress: "", instanceType: "", region: "", gpus: 0, hourlyUsd: 0 };
  const state = { status: "booting", ready: false, adopted: false };
  const unseen = { ...fixedParts(spec, ""), name: "host", ...unknown, ...state };
  const refreshed = await readInstance(context, id, unseen);
  for (const old of [unseen, refreshed ?? unseen]) {
    expect(difference(id, old, { spec })).toEqual({ changes: true, replaces: [] });
    const finished = await updateInstance(context, id, spec, old);
    expect(finished).toMatchObject({ region: "us-west-1", fileSystemName: "files", rulesetId: ruleset });
    expect(difference(id, finished, { spec })).toEqual({ changes: false, replaces: [] });
  }
});
