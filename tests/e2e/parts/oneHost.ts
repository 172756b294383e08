import { expect, test } from "vitest";
import { markFolder } from "../../../lab/state/folder.ts";
import { change, healthyStatus, lab, minutes, up } from "../lab.ts";
import { statusCode } from "../reach.ts";

/** The shape of `dev`, from nothing: `down` was before. */
export function oneHost() {
  test(
    "L2 K2 one host has all roles, and its processors are enough for every pod",
    async () => {
      await markFolder(lab);
      change((config) => {
        config.hosts = [{ name: "all", roles: ["server", "ingress", "data", "mcp"] }] as never;
      });
      const first = await up();
      expect(first.code, first.said.slice(-4000)).toBe(0);
      const { report } = await healthyStatus();
      expect(report.hosts).toMatchObject([{ name: "all", ok: true }]);
      expect(report.nodes).toHaveLength(1);
      expect(report.mcpServers.filter(({ enabled, ready }) => enabled && !ready)).toEqual([]);
      expect(report.streams).not.toEqual([]);
      expect(await statusCode("https://sophia.lab/health", report.hosts[0]?.address ?? "")).toBe("200");
    },
    20 * minutes,
  );
}
