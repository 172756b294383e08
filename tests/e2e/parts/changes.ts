import { CoreV1Api } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { change, kubeconfig, minutes, status, up } from "../lab.ts";

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
    "K1 Redis's memory and a node's label change Redis and that node, and nothing else",
    async () => {
      change((config) => {
        config.redis = { ...config.redis, memory: "128Mi" } as never;
        const hosts = config.hosts as unknown as { name: string; labels?: Record<string, string> }[];
        for (const host of hosts) if (host.name === "mcp") host.labels = { "sophia.ai/rack": "7" };
      });
      const { code, changed, said } = await up();
      expect(code, said.slice(-3000)).toBe(0);
      const ofNode = changed.filter((line) => line.includes("cluster-mcp-"));
      expect(ofNode.length).toBeGreaterThan(0);
      expect(changed.filter((line) => !ofNode.includes(line))).toEqual(["updated redis-service-release"]);
      const { report } = await status();
      expect(report.healthy).toBe(true);
      const node = await kubeconfig().makeApiClient(CoreV1Api).readNode({ name: "mcp-node" });
      expect(node.metadata?.labels?.["sophia.ai/rack"]).toBe("7");
    },
    5 * minutes,
  );
}
