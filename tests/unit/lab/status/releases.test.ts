import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { readReleases, releasesOf } from "../../../../lab/status/releases.ts";

test("releases are as helm lists them", () => {
  const release = { name: "redis", namespace: "data", revision: "1", chart: "redis-1.0.0", app_version: "7" };
  const text = JSON.stringify([
    { ...release, updated: "2026-07-28 10:00:00.123456789 +0200 CEST", status: "deployed" },
    { ...release, updated: "never", status: "pending-upgrade" },
  ]);
  expect(releasesOf(text)).toEqual([
    {
      name: "redis",
      namespace: "data",
      chart: "redis-1.0.0",
      status: "deployed",
      ok: true,
      since: "2026-07-28T08:00:00.000Z",
    },
    {
      name: "redis",
      namespace: "data",
      chart: "redis-1.0.0",
      status: "pending-upgrade",
      ok: false,
      problem: "pending-upgrade",
    },
  ]);
  expect(releasesOf("[]")).toEqual([]);
});

test("helm is asked about every namespace and state, and given up on when it hangs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "helm-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const helm = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
    return join(folder, name);
  };
  const echo = `printf '[{"name":"x","namespace":"a","updated":"","status":"deployed","chart":"%s"}]' "$*"`;
  const [release] = await readReleases(helm("echo", echo), "/lab/kubeconfig");
  expect(release?.chart).toBe("list --all-namespaces --all --output json --kubeconfig /lab/kubeconfig");
  await expect(readReleases(helm("hang", "exec sleep 60"), "/lab/kubeconfig", 0.5)).rejects.toThrow(
    /list was stopped: .*timeout/,
  );
});

test("helm is not sent to the cluster that a person has exported for it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "helm-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ["HELM_KUBECONTEXT", "HELM_NAMESPACE", "HELM_DRIVER"]) vi.stubEnv(name, "elsewhere");
  onTestFinished(() => void vi.unstubAllEnvs());
  const told = `"$HELM_KUBECONTEXT,$HELM_NAMESPACE,$HELM_DRIVER"`;
  const script = `#!/bin/sh\nprintf '[{"name":"x","namespace":"a","updated":"","status":"deployed","chart":"%s"}]' ${told}\n`;
  writeFileSync(join(folder, "helm"), script, { mode: 0o755 });
  const [release] = await readReleases(join(folder, "helm"), "/lab/kubeconfig");
  expect(release?.chart).toBe(",,secret");
});
