import { expect, test } from "vitest";
import { change, minutes, status, up } from "../lab.ts";
import { statusCode } from "../reach.ts";

type Role = "server" | "agent" | "ingress" | "data" | "mcp";

const hosts: { name: string; roles: Role[] }[] = [
  { name: "frontend", roles: ["agent", "ingress"] },
  { name: "backend", roles: ["server", "data"] },
  { name: "mcp", roles: ["agent", "mcp"] },
];

/** Settings of this part, and of those after it. */
export const asInProduction: Parameters<typeof change>[0] = (config) => {
  config.hosts = hosts as never;
  config.monitoring = { intervalSeconds: 5 } as never;
};

/** Brings the lab up with these hosts; every ingress address must answer, and none else. */
async function withHosts(): Promise<string[]> {
  change(asInProduction);
  const { code, said } = await up();
  expect(code, said.slice(-4000)).toBe(0);
  const { report } = await status();
  expect(report.healthy).toBe(true);
  expect(report.mcpServers.filter(({ enabled, ready }) => enabled && !ready)).toEqual([]);
  for (const { name, roles } of hosts) {
    const address = report.hosts.find((host) => host.name === name)?.address ?? "";
    const answer = statusCode("https://sophia.lab/health", address);
    if (roles.includes("ingress")) await expect(answer, name).resolves.toBe("200");
    else await expect(answer, name).rejects.toThrow();
  }
  return report.nodes.map((node) => node.name).sort();
}

/** The shape of production, reached from a lab of two. */
export function threeHosts() {
  test(
    "L2 K2 N1 a third host joins, and takes over the door with its pods",
    async () => {
      const nodes = await withHosts();
      expect(nodes).toEqual(["backend", "frontend", "mcp-node"]);
    },
    10 * minutes,
  );
}
