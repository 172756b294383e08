import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { change, kubeconfig, minutes, status, up } from "../lab.ts";

/** Takes an MCP server away, behind the program's back, or brings it back. */
async function scaleTo(value: number): Promise<void> {
  const apps = kubeconfig().makeApiClient(AppsV1Api);
  const server = { namespace: "mcp", name: "lambda-labs-cli" };
  await apps.patchNamespacedDeploymentScale({
    ...server,
    body: [{ op: "replace", path: "/spec/replicas", value }],
  });
  await waitFor({ what: `${value} of ${server.name}`, deadline: 90, interval: 0.5 }, async () => {
    const { readyReplicas = 0 } = (await apps.readNamespacedDeployment(server)).status ?? {};
    return readyReplicas === value || notYet(`${readyReplicas} ready`);
  });
}

/** What a change of settings may touch. */
export function changes() {
  test(
    "a second up changes nothing",
    async () => {
      const again = await up();
      expect(again.code, again.said.slice(-3000)).toBe(0);
      expect(again.changed).toEqual([]);
    },
    5 * minutes,
  );

  test(
    "K1 M4 Redis's memory and a node's label change these alone; over a dead MCP server the update fails, and the next heals",
    async () => {
      // This update has no business with the server: only the check can know.
      await scaleTo(0);
      change((config) => {
        config.redis = { ...config.redis, memory: "128Mi" } as never;
        const hosts = config.hosts as unknown as { name: string; labels?: Record<string, string> }[];
        for (const host of hosts) if (host.name === "mcp") host.labels = { "sophia.ai/rack": "7" };
      });
      const { code, changed, said } = await up();
      expect(code, said.slice(-3000)).toBe(1);
      expect(said).toContain("of the MCP endpoints did not respond to a client");
      expect(said).toMatch(/lambda_labs_cli: /);
      // The last step asks the MCP servers, after a change of a data store too. It failed: no new one was created.
      expect(changed).toEqual([
        "deleted mcp-check-job",
        "replaced mcp-check-job",
        "updated cluster-mcp-configure",
        "updated cluster-mcp-join",
        "updated redis-service-release",
      ]);
      const node = await kubeconfig().makeApiClient(CoreV1Api).readNode({ name: "mcp-node" });
      expect(node.metadata?.labels?.["sophia.ai/rack"]).toBe("7");

      await scaleTo(1);
      const again = await up();
      expect(again.code, again.said.slice(-3000)).toBe(0);
      expect(again.changed).toEqual(
        ["created", "deleted", "replaced"].map((verb) => `${verb} mcp-check-job`),
      );
      const { report } = await status();
      expect(report.healthy).toBe(true);
    },
    10 * minutes,
  );
}
