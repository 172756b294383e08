import { z } from "zod";
import { leavingOut, run } from "../../tools/exec.ts";
import type { ReleaseStatus } from "./report.ts";

const helmList = z.array(
  z.object({
    name: z.string(),
    namespace: z.string(),
    updated: z.string(),
    status: z.string(),
    chart: z.string(),
  }),
);

/**
 * Lists the Helm releases with helm.
 * @param deadline seconds
 */
export async function readReleases(
  helm: string,
  kubeconfigFile: string,
  deadline = 15,
): Promise<ReleaseStatus[]> {
  const what = ["list", "--all-namespaces", "--all", "--output", "json", "--kubeconfig", kubeconfigFile];
  // A person's context, namespace or storage is that of another cluster.
  const env = { ...leavingOut("HELM_"), HELM_DRIVER: "secret" };
  const { stdout } = await run(helm, what, { env, signal: AbortSignal.timeout(deadline * 1000) });
  return releasesOf(stdout);
}

/** Parses the output of `helm list --output json`. Pure. */
export function releasesOf(text: string): ReleaseStatus[] {
  return helmList.parse(JSON.parse(text)).map(({ name, namespace, chart, status, updated }) => {
    const ok = status === "deployed";
    // Go's format: 2026-07-28 10:11:12.123456789 +0000 UTC
    const moment = Date.parse(updated.replace(/^(\S+) (\S+?)(\.\d+)? ([+-]\d\d)(\d\d).*$/, "$1T$2$4:$5"));
    return {
      name,
      namespace,
      chart,
      status,
      ok,
      ...(ok ? {} : { problem: status }),
      ...(Number.isNaN(moment) ? {} : { since: new Date(moment).toISOString() }),
    };
  });
}
