import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { Secret, unknown } from "../../../lab/pulumi/plugins/kit/values.ts";
import { run } from "../../../tools/exec.ts";
import { brief } from "../events.ts";
import { type ControlPlane, startControlPlane } from "./controlPlane.ts";
import { objects, unique } from "./objects.ts";
import { configured } from "./provider.ts";

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
  process.env.HELM_BINARY = plane.helm;
});
afterAll(() => plane?.stop());

const type = "kubernetes:helm.sh/v3:Release";
const configMaps = { group: "", version: "v1", kind: "ConfigMap" };
const secrets = { group: "", version: "v1", kind: "Secret" };
const chart = join(import.meta.dirname, "charts/small");
const start = () => configured({ kubeconfig: plane.kubeconfig });
const dataOf = async (name: string) => (await plane.cluster.get(configMaps, "default", name)).data;
const revisions = async (name: string) =>
  (await plane.cluster.list(secrets, "default", `owner=helm,name=${name}`)).length;

/** A copy of the chart that the test may change. */
async function ownChart(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-chart-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(chart, folder, { recursive: true });
  return folder;
}

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

  await run(plane.helm, ["uninstall", name], { env: { KUBECONFIG: await kubeconfigFile() } });
  await program.stack.refresh();
  expect(brief((await program.up(release({ color: "blue" }))).steps)).toEqual(["create release"]);
  const renamed = await program.preview(release({ color: "blue" }, { name: `${name}-b` }));
  expect(brief(renamed.steps)).toContain("replace release");
  expect((await program.stack.destroy()).stderr).toBe("");
  expect(await revisions(name)).toBe(0);
});

async function kubeconfigFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-kubeconfig-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "config"), plane.kubeconfig, { mode: 0o600 });
  return join(folder, "config");
}

test("a new chart version is an upgrade, and so is a value that stands for the chart's content", async () => {
  const folder = await ownChart();
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

test("values reach helm neither on its command line nor in a file that remains", async () => {
  const { resource } = await start();
  const release = resource(type);
  const before = (await readdir(tmpdir())).filter((name) => name.startsWith("helm-"));
  await release.create({ name: unique("quiet"), chart, values: { password: new Secret("planted") } });
  expect((await readdir(tmpdir())).filter((name) => name.startsWith("helm-"))).toEqual(before);
  expect(release.state.values).toEqual({ password: new Secret("planted") });
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

test("an install or upgrade that a killed run left pending is completed by the next run", async () => {
  const name = unique("killed");
  const values = { pod: true };
  const first = await start();
  const pending = async () => {
    const found = await plane.cluster.list(secrets, "default", `owner=helm,name=${name}`);
    const statuses = found.map((secret) => (secret.metadata as { labels: { status: string } }).labels.status);
    return statuses.some((status) => status.startsWith("pending-")) ? true : notYet(statuses.join());
  };
  const halfway = waitFor({ what: "helm to begin", deadline: 120, interval: 0.1 }, pending);
  const installing = first
    .resource(type)
    .create({ name, chart, values, timeout: 60 })
    .catch((error) => error);
  await halfway;
  await killHelm();
  expect(await installing).toBeInstanceOf(Error);

  const second = await start();
  const release = second.resource(type);
  await release.create({ name, chart, values: { pod: false } });
  expect(second.said.join("\n")).toContain("was left pending-install by an interrupted run");
  expect(release.state).toMatchObject({ status: { status: "deployed" } });

  const upgrading = release.update({ name, chart, values, timeout: 60 }).catch((error) => error);
  await waitFor({ what: "helm to begin", deadline: 120, interval: 0.1 }, pending);
  await killHelm();
  await upgrading;
  await release.update({ name, chart, values: { color: "green" } });
  expect(second.said.join("\n")).toContain("was left pending-upgrade: it is forgotten");
  expect(await dataOf(name)).toMatchObject({ color: "green" });

  // An interrupted install takes back what it made, and can be killed at that, too.
  await markAs(name, "uninstalling");
  const third = await start();
  await third.resource(type).create({ name, chart, values: { color: "red" } });
  expect(third.said.join("\n")).toContain("was left uninstalling by an interrupted run");
  expect(await dataOf(name)).toMatchObject({ color: "red" });

  const stranger = second.resource(type, "stranger");
  await expect(stranger.create({ name, chart })).rejects.toThrow("cannot re-use a name that is still in use");
});

/** Gives the newest revision of a release another status, as Helm stores it. */
async function markAs(name: string, status: string): Promise<void> {
  const revisions = await plane.cluster.list(secrets, "default", `owner=helm,name=${name}`);
  const number = (secret: { metadata?: unknown }) =>
    Number((secret.metadata as { labels: { version: string } }).labels.version);
  for (const secret of revisions.sort((a, b) => number(b) - number(a)).slice(0, 1)) {
    const { release } = secret.data as { release: string };
    const stored = JSON.parse(gunzipSync(Buffer.from(atob(release), "base64")).toString());
    stored.info.status = status;
    const text = gzipSync(JSON.stringify(stored)).toString("base64");
    const { name: secretName, namespace } = secret.metadata as { name: string; namespace: string };
    const changed = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: secretName, namespace },
      data: { release: btoa(text) },
    };
    await plane.cluster.apply(changed, { fieldManager: "test", force: true });
  }
}

/** Kills the helm that this process started, as a crash of the machine would. */
async function killHelm(): Promise<void> {
  const { stdout } = await run("ps", ["-o", "pid=", "--ppid", String(process.pid)]);
  for (const pid of stdout.trim().split(/\s+/).map(Number)) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.startsWith(plane.helm)) process.kill(pid, "SIGKILL");
  }
}

test("a chart that is missing, a library or incomplete is refused at the check, with its name", async () => {
  const { resource } = await start();
  const release = resource(type);
  await expect(release.check({ chart: "./no/such/chart" })).rejects.toThrow(
    'chart: path "./no/such/chart" not found; check the chart name and repository configuration.',
  );
  const folder = await ownChart();
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
