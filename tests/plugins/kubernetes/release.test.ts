import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { Secret, unknown } from "../../../lab/pulumi/plugins/kit/values.ts";
import { run } from "../../../tools/exec.ts";
import { brief } from "../events.ts";
import { type ControlPlane, startControlPlane } from "./support/controlPlane.ts";
import { copyOf, killHelm, kubeconfigFile, markAs, watchedHelm } from "./support/helm.ts";
import { objects, unique } from "./support/objects.ts";
import { configured } from "./support/provider.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
  process.env.HELM_BINARY = plane.helm;
});
afterAll(() => plane?.stop());

const type = "kubernetes:helm.sh/v3:Release";
const pods = { group: "", version: "v1", kind: "Pod" };
const configMaps = { group: "", version: "v1", kind: "ConfigMap" };
const secrets = { group: "", version: "v1", kind: "Secret" };
const chart = join(import.meta.dirname, "charts/small");
const start = () => configured({ kubeconfig: plane.kubeconfig });
const dataOf = async (name: string) => (await plane.cluster.get(configMaps, "default", name)).data;
const revisions = async (name: string) =>
  (await plane.cluster.list(secrets, "default", `owner=helm,name=${name}`)).length;

test("a release under the real engine is installed, unchanged, upgraded, drifted, replaced, uninstalled", async () => {
  const name = unique("release");
  const program = await objects(plane);
  const release = (values: Record<string, unknown>, more = {}) => ({
    release: { kind: "helm.v3.Release", args: { chart, name, values, atomic: true, ...more } },
  });
  const planned = await program.preview(release({ color: "red" }));
  expect(planned.stderr).toBe("");
  const first = await program.up(release({ color: "red", password: { $secret: "planted" } }));
  expect(first.stderr).toBe("");
  expect(await dataOf(name)).toEqual({ color: "red", chart: "0.1.0" });
  const state = JSON.stringify((await program.stack.export()).resources.find((each) => each.type === type));
  expect(state.includes("planted")).toBe(false);
  expect(JSON.parse(state).outputs).toMatchObject({
    atomic: true,
    name,
    namespace: "default",
    timeout: 300,
    version: "0.1.0",
    resourceNames: { "ConfigMap/v1": [`default/${name}`] },
    status: {
      appVersion: "1.0",
      chart: "small",
      name,
      namespace: "default",
      revision: 1,
      status: "deployed",
    },
  });

  const again = await program.up(release({ color: "red", password: { $secret: "planted" } }));
  expect(brief(again.steps)).toEqual([]);
  const upgraded = await program.up(release({ color: "blue" }));
  expect(brief(upgraded.steps)).toEqual(["update release"]);
  expect(await dataOf(name)).toMatchObject({ color: "blue" });

  await run(plane.helm, ["uninstall", name], { env: { KUBECONFIG: await kubeconfigFile(plane) } });
  await program.stack.refresh();
  expect(brief((await program.up(release({ color: "blue" }))).steps)).toEqual(["create release"]);
  const renamed = await program.preview(release({ color: "blue" }, { name: `${name}-b` }));
  expect(brief(renamed.steps)).toContain("replace release");
  expect((await program.stack.destroy()).stderr).toBe("");
  expect(await revisions(name)).toBe(0);
});

test("a new chart version is an upgrade, and so is a value that stands for the chart's content", async () => {
  const folder = await copyOf(chart);
  const { resource } = await start();
  const release = resource(type);
  const args = (chartHash: string) => ({ name: unique("chart"), chart: folder, values: { chartHash } });
  const first = args("1");
  await release.create(first);
  expect((await release.diff(first)).changes).toBe(false);
  expect(
    (await release.diff({ ...first, values: { chartHash: "2" } })).detailed?.get("values.chartHash")?.kind,
  ).toBe("update");
  const file = join(folder, "Chart.yaml");
  await writeFile(file, (await readFile(file, "utf8")).replace("0.1.0", "0.2.0"));
  expect((await release.diff(first)).detailed?.get("version")?.kind).toBe("update");
  await release.update(first);
  expect(await dataOf(first.name)).toMatchObject({ chart: "0.2.0" });
  expect(release.state).toMatchObject({ status: { revision: 2 } });
});

test("values reach helm neither on its command line, in its environment nor in a file that remains", async () => {
  const password = randomBytes(12).toString("hex");
  const { temporary, noted } = await watchedHelm(plane);
  const { resource } = await start();
  const release = resource(type);
  await release.create({ name: unique("quiet"), chart, values: { password: new Secret(password) } });
  expect(release.state.values).toEqual({ password: new Secret(password) });
  const seen = await noted();
  expect(seen).toContain(`KUBECONFIG=${temporary}/helm-`);
  expect(seen.split("\n")).toContain("install");
  expect(seen.includes(password)).toBe(false);
  expect(await readdir(temporary)).toEqual([]);
});

test("an install that does not get ready fails with the pods' reasons; atomic leaves nothing, else it is recorded", async () => {
  const { resource } = await start();
  const atomic = unique("atomic");
  const args = { chart, values: { pod: true }, timeout: 2 };
  await expect(resource(type).create({ ...args, name: atomic, atomic: true })).rejects.toThrow(
    /atomic|timed out|deadline/,
  );
  expect(await revisions(atomic)).toBe(0);

  const kept = resource(type);
  const name = unique("kept");
  const error = await kept.create({ ...args, name }).catch((cause) => cause);
  expect(error.message).toContain(
    `Helm release "default/${name}" was created, but failed to initialize completely`,
  );
  expect(kept.state).toMatchObject({ status: { status: "failed", revision: 1 } });
  await kept.update({ chart, name, values: { pod: false } });
  expect(kept.state).toMatchObject({ status: { status: "deployed", revision: 2 } });
});

test("W3 a failed upgrade is rolled back, is not taken for done, and the next update repairs it", async () => {
  const name = unique("rolled");
  const program = await objects(plane);
  const args = { chart, name, atomic: true, cleanupOnFail: true, timeout: 20 };
  const release = (values: Record<string, unknown>) => ({
    release: { kind: "helm.v3.Release", args: { ...args, values } },
  });
  const recorded = async () => (await program.stack.export()).resources.find((each) => each.type === type);
  expect((await program.up(release({ color: "red" }))).stderr).toBe("");

  // No node is there for its pod.
  const bad = release({ color: "blue", pod: true });
  const failed = await program.up(bad);
  expect(failed.code).not.toBe(0);
  expect(failed.diagnostics.map(({ message }) => message).join()).toMatch(/UPGRADE FAILED|rolled back/);
  expect(await dataOf(name)).toEqual({ color: "red", chart: "0.1.0" });
  expect(await plane.cluster.list(pods, "default", `app.kubernetes.io/instance=${name}`)).toEqual([]);
  expect(await recorded()).toMatchObject({
    initErrors: expect.arrayContaining([expect.any(String)]),
    outputs: { values: { color: "red" }, status: { status: "deployed", revision: 3 } },
  });
  expect(brief((await program.preview(bad)).steps)).toEqual(["update release"]);

  const good = release({ color: "green" });
  const repaired = await program.up(good);
  expect(repaired.stderr).toBe("");
  expect(brief(repaired.steps)).toEqual(["update release"]);
  expect(await dataOf(name)).toMatchObject({ color: "green" });
  expect((await recorded())?.initErrors ?? []).toEqual([]);
  expect(brief((await program.up(good)).steps)).toEqual([]);
});

test("an install or upgrade that a killed run left pending is completed by the next run", async () => {
  const name = unique("killed");
  const values = { pod: true };
  const first = await start();
  const pending = async () => {
    const found = await plane.cluster.list(secrets, "default", `owner=helm,name=${name}`);
    const statuses = found.map((secret) => (secret.metadata as { labels: { status: string } }).labels.status);
    return statuses.some((status) => status.startsWith("pending-")) ? true : notYet(statuses.join());
  };
  const halfway = waitFor({ what: "helm to begin", deadline: 300, interval: 0.1 }, pending);
  const installing = first
    .resource(type)
    .create({ name, chart, values, timeout: 60 })
    .catch((error) => error);
  await halfway;
  await killHelm(plane);
  expect(await installing).toBeInstanceOf(Error);

  const second = await start();
  const release = second.resource(type);
  await release.create({ name, chart, values: { pod: false } });
  expect(second.said.join("\n")).toContain("was left pending-install by an interrupted run");
  expect(release.state).toMatchObject({ status: { status: "deployed" } });

  const upgrading = release.update({ name, chart, values, timeout: 60 }).catch((error) => error);
  await waitFor({ what: "helm to begin", deadline: 300, interval: 0.1 }, pending);
  await killHelm(plane);
  await upgrading;
  await release.update({ name, chart, values: { color: "green" } });
  expect(second.said.join("\n")).toContain("was left pending-upgrade: it is forgotten");
  expect(await dataOf(name)).toMatchObject({ color: "green" });

  // An interrupted install takes back what it made, and can be killed at that, too.
  await markAs(plane, name, "uninstalling");
  const third = await start();
  await third.resource(type).create({ name, chart, values: { color: "red" } });
  expect(third.said.join("\n")).toContain("was left uninstalling by an interrupted run");
  expect(await dataOf(name)).toMatchObject({ color: "red" });

  const stranger = second.resource(type, "stranger");
  await expect(stranger.create({ name, chart })).rejects.toThrow("cannot re-use a name that is still in use");
});

test("a chart that is missing, a library or incomplete is refused at the check, with its name", async () => {
  const { resource } = await start();
  const release = resource(type);
  await expect(release.check({ chart: "./no/such/chart" })).rejects.toThrow(
    'chart: path "./no/such/chart" not found; check the chart name and repository configuration.',
  );
  const folder = await copyOf(chart);
  const file = join(folder, "Chart.yaml");
  const text = await readFile(file, "utf8");
  await writeFile(
    file,
    `${text}dependencies:\n  - name: other\n    version: 1.0.0\n    repository: https://example.com\n`,
  );
  await expect(release.check({ chart: folder })).rejects.toThrow("missing in charts/ directory: other");
  await writeFile(file, `${text}type: library\n`);
  await expect(release.check({ chart: folder })).rejects.toThrow("library charts are not installable");
});

test("inputs that are not supported are refused by name", async () => {
  const { resource } = await start();
  await expect(resource(type).check({ chart, postrender: "./x", lint: true })).rejects.toThrow(
    /does not support "postrender"[\s\S]*does not support "lint"/,
  );
  const repositoryOpts = { repo: "https://charts.example.com", username: "u", password: "p" };
  await expect(resource(type).check({ chart: "x", repositoryOpts })).rejects.toThrow(
    '"repositoryOpts.password"',
  );
});

test("a preview plans with unknown values, and warns when the chart does not render", async () => {
  const { resource, said } = await start();
  const release = resource(type);
  const planned = await release.create(
    { name: unique("plan"), chart, values: { color: unknown } },
    { preview: true },
  );
  expect(planned).toMatchObject({ values: { color: unknown }, status: unknown, resourceNames: unknown });
  await release.create({ name: unique("plan"), chart, values: { color: "" } }, { preview: true });
  expect(said.join("\n")).toContain("a color is needed");
});
