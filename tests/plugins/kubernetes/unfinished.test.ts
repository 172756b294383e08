import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../../tools/exec.ts";
import { type ControlPlane, startControlPlane } from "./support/controlPlane.ts";
import { kubeconfigFile, markAs } from "./support/helm.ts";
import { unique } from "./support/objects.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane?.stop());

const chart = join(import.meta.dirname, "charts/small");
const inProgress = "another operation (install/upgrade/rollback) is in progress";
const configMaps = { group: "", version: "v1", kind: "ConfigMap" };

/** The commands of the runbook for rolling back, with helm itself. */
async function release() {
  const name = unique("unfinished");
  const env = { KUBECONFIG: await kubeconfigFile(plane) };
  const helm = async (...args: string[]) => (await run(plane.helm, args, { env })).stdout;
  return {
    install: (color: string) => helm("install", name, chart, "--set", `color=${color}`),
    upgrade: (color: string) => helm("upgrade", name, chart, "--set", `color=${color}`),
    rollback: (revision: number) => helm("rollback", name, String(revision)),
    uninstall: () => helm("uninstall", name),
    history: async () => JSON.parse(await helm("history", name, "--output", "json")),
    markAs: (status: string) => markAs(plane, name, status),
    color: async () => (await plane.cluster.get(configMaps, "default", name)).data,
  };
}

test("an upgrade that was killed blocks each later one, until the release is rolled back to what was deployed", async () => {
  const ours = await release();
  await ours.install("red");
  await ours.upgrade("blue");
  await ours.markAs("pending-upgrade");
  await expect(ours.upgrade("green")).rejects.toThrow(inProgress);
  expect(await ours.history()).toMatchObject([{ revision: 1 }, { revision: 2, status: "pending-upgrade" }]);
  await ours.rollback(1);
  expect(await ours.color()).toMatchObject({ color: "red" });
  await ours.upgrade("green");
  expect(await ours.color()).toMatchObject({ color: "green" });
});

test("a first install that was killed blocks each later one, until the release is uninstalled", async () => {
  const ours = await release();
  await ours.install("red");
  await ours.markAs("pending-install");
  await expect(ours.install("red")).rejects.toThrow("cannot re-use a name that is still in use");
  await expect(ours.upgrade("red")).rejects.toThrow(inProgress);
  await ours.uninstall();
  await ours.install("red");
  expect(await ours.color()).toMatchObject({ color: "red" });
});
