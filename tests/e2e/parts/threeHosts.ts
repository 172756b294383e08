import { once } from "node:events";
import { createServer } from "node:net";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { networkOf } from "../../../lab/state/claim.ts";
import { change, healthyStatus, lab, minutes, up } from "../lab.ts";
import { statusCode } from "../reach.ts";
import { backupSection, startBucket } from "./backup.ts";

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
  config.backup = backupSection() as never;
};

/** Brings the lab up with these hosts; every ingress address must answer, and none else. */
async function withHosts(): Promise<string[]> {
  change(asInProduction);
  const { code, said } = await up();
  expect(code, said.slice(-4000)).toBe(0);
  const { report } = await healthyStatus();
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
  beforeAll(startBucket);

  test(
    "a stranger at a port of the host to come is named, and nothing is launched",
    async () => {
      const address = `${await networkOf(lab)}.${10 + hosts.length}`;
      const stranger = createServer().listen(8080, address);
      await once(stranger, "listening");
      onTestFinished(() => void stranger.close());
      change(asInProduction);
      const { code, said, changed } = await up();
      expect(code).toBe(1);
      expect(said).toMatch(new RegExp(`${address}:8080: .+ \\(process ${process.pid}\\) uses this port`));
      expect(said).toContain("Stop that program");
      expect(changed).toEqual([]);
    },
    10 * minutes,
  );

  test(
    "L2 K2 N1 a third host joins, also after that refusal, and takes over the door with its pods",
    async () => {
      const nodes = await withHosts();
      expect(nodes).toEqual(["backend", "frontend", "mcp-node"]);
    },
    20 * minutes,
  );
}
