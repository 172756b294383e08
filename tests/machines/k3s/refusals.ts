import { expect } from "vitest";
import { stringify } from "yaml";
import type { Cluster } from "./cluster.ts";

/** Starts K3s on a server with configurations that it must refuse, and checks each message. */
export async function refusesConfigs(server: Cluster["server"]): Promise<void> {
  const says = async (role: string, config: Record<string, unknown>) => {
    const { code, stderr } = await server.run(
      `cat > /tmp/trial.yaml; timeout 60 k3s ${role} --config /tmp/trial.yaml`,
      stringify(config),
    );
    expect(code).toBe(1);
    return stderr;
  };
  expect(await says("server", { "cluster-init": true, nonsense: 1 })).toContain(
    "flag provided but not defined: -nonsense",
  );
  expect(await says("agent", { "tls-san": ["a"] })).toContain("flag provided but not defined: -tls-san");
  expect(await says("server", { "embedded-registry": true })).toContain(
    "the lab's k3s does not support embedded-registry",
  );
  expect(await says("server", { "cluster-init": true, disable: ["nothing"] })).toContain(
    "is not a packaged component",
  );
  expect(await says("agent", { token: "x" })).toContain("--server is required");
}
