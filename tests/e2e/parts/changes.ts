import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { change, healthyStatus, kubeconfig, minutes, triedBefore, up, wholeAgain } from "../lab.ts";

/** Takes an MCP server away, behind the program's back, or brings it back. */
async function scaleTo(value: number): Promise<void> {
  const apps = kubeconfig().makeApiClient(AppsV1Api);
  const server = { namespace: "mcp", name: "lambda-labs-cli" };
  await apps.patchNamespacedDeploymentScale({
    ...server,
    body: [{ op: "replace", path: "/spec/replicas", value }],
  });
  await waitFor({ what: `${value} of ${server.name}`, deadline: 180, interval: 0.5 }, async () => {
    const { readyReplicas = 0 } = (await apps.readNamespacedDeployment(server)).status ?? {};
    return readyReplicas === value || notYet(`${readyReplicas} ready`);
  });
}

/** Pods that run: which one it is of that name, and how often its containers were started again. */
async function running(): Promise<Record<string, string>> {
  const core = kubeconfig().makeApiClient(CoreV1Api);
  const all = await Promise.all(["data", "mcp"].map((namespace) => core.listNamespacedPod({ namespace })));
  const pods = all
    .flatMap(({ items }) => items)
    .filter(({ metadata, status }) => status?.phase === "Running" && !metadata?.deletionTimestamp);
  return Object.fromEntries(
    pods.map(({ metadata, status }) => [
      metadata?.name ?? "",
      `${metadata?.uid}: ${(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount)}`,
    ]),
  );
}

/** What a change of settings may touch. */
export function changes() {
  test(
    "a second up changes nothing, nor does one that looks at what there is",
    async (context) => {
      await wholeAgain(context);
      for (const again of [await up(), await up("--refresh")]) {
        expect(again.code, again.said.slice(-3000)).toBe(0);
        expect(again.changed).toEqual([]);
      }
    },
    20 * minutes,
  );

  test(
    "K1 M4 Redis's memory, a node's label and K3s's configuration change these alone; over a dead MCP server the update fails, and the next heals",
    async (context) => {
      if (triedBefore(context)) await scaleTo(1);
      await wholeAgain(context);
      // This update has no business with the server: only the check can know.
      await scaleTo(0);
      const before = await running();
      change((config) => {
        config.k3s = { ...config.k3s, extraConfig: { "kubelet-arg+": ["max-pods=97"] } } as never;
        config.redis = { ...config.redis, memory: "128Mi" } as never;
        const hosts = config.hosts as unknown as { name: string; labels?: Record<string, string> }[];
        for (const host of hosts) if (host.name === "mcp") host.labels = { "sophia.ai/rack": "7" };
      });
      const { code, changed, said } = await up();
      expect(code, said.slice(-3000)).toBe(1);
      expect(said).toContain("of the MCP endpoints did not serve a client");
      expect(said).toMatch(/lambda_labs_cli: /);
      // The last step asks the MCP servers, after a change of a data store too. It failed: no new one was created.
      expect(changed).toEqual([
        "deleted mcp-check-job",
        "replaced mcp-check-job",
        "updated cluster-backend-configure",
        "updated cluster-backend-join",
        "updated cluster-mcp-configure",
        "updated cluster-mcp-join",
        "updated redis-service-release",
      ]);
      const { items } = await kubeconfig().makeApiClient(CoreV1Api).listNode();
      const labels = items.map(({ metadata }) => [metadata?.name, metadata?.labels?.["sophia.ai/rack"]]);
      expect(Object.fromEntries(labels)).toEqual({ backend: undefined, "mcp-node": "7" });
      expect(items.map((node) => node.status?.allocatable?.pods)).toEqual(["97", "97"]);
      // K3s was restarted on both nodes; a pod goes on running, except Redis's own.
      const kept = Object.entries(before).filter(
        ([name]) => !/^redis-0$|^(?:pipeline-gong|publish-tables)-/.test(name),
      );
      expect(kept.length).toBeGreaterThan(15);
      expect(await running()).toMatchObject(Object.fromEntries(kept));

      await scaleTo(1);
      const again = await up();
      expect(again.code, again.said.slice(-3000)).toBe(0);
      expect(again.changed).toEqual(
        ["created", "deleted", "replaced"].map((verb) => `${verb} mcp-check-job`),
      );
      await healthyStatus();
    },
    30 * minutes,
  );
}
