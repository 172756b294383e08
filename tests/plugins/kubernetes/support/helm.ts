import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { onTestFinished, vi } from "vitest";
import { run } from "../../../../tools/exec.ts";
import type { ControlPlane } from "./controlPlane.ts";

const secrets = { group: "", version: "v1", kind: "Secret" };

/** Gives the newest revision of a release another status, as Helm stores it. */
export async function markAs({ cluster }: ControlPlane, name: string, status: string): Promise<void> {
  const revisions = await cluster.list(secrets, "default", `owner=helm,name=${name}`);
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
    await cluster.apply(changed, { fieldManager: "test", force: true });
  }
}

/**
 * Until the test ends, `HELM_BINARY` notes its arguments and environment before it runs helm, and temporary files are
 * made in a folder of the test's own.
 * @returns the folder, and what was noted so far
 */
export async function watchedHelm({ helm }: ControlPlane) {
  const folder = await mkdtemp(join(tmpdir(), "sophia-watched-helm-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [script, notes, temporary] = [join(folder, "helm"), join(folder, "notes"), join(folder, "tmp")];
  await mkdir(temporary);
  const note = `{ printf '%s\\n' "$@"; env; } >> '${notes}'`;
  await writeFile(script, `#!/bin/sh\n${note}\nexec '${helm}' "$@"\n`, { mode: 0o700 });
  vi.stubEnv("HELM_BINARY", script);
  vi.stubEnv("TMPDIR", temporary);
  onTestFinished(() => void vi.unstubAllEnvs());
  return { temporary, noted: () => readFile(notes, "utf8") };
}

/** A copy of a chart that the test may change. */
export async function copyOf(chart: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-chart-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(chart, folder, { recursive: true });
  return folder;
}

/** A file with the test cluster's kubeconfig, until the test ends. */
export async function kubeconfigFile({ kubeconfig }: ControlPlane): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-kubeconfig-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "config"), kubeconfig, { mode: 0o600 });
  return join(folder, "config");
}

/** Kills the helm that this process started, as a crash of the machine would. */
export async function killHelm({ helm }: ControlPlane): Promise<void> {
  const { stdout } = await run("ps", ["-o", "pid=", "--ppid", String(process.pid)]);
  for (const pid of stdout.trim().split(/\s+/).map(Number)) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.startsWith(helm)) process.kill(pid, "SIGKILL");
  }
}
