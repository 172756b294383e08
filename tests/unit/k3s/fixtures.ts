import { k3sSettings } from "../../../components/settings/sections/k3s.ts";
import type { K3sSettings } from "../../../k3s/config/config.ts";
import type { Host } from "../../../k3s/host.ts";

export const settings = (changes: Record<string, unknown> = {}): K3sSettings =>
  k3sSettings.parse({
    release: { amd64: { url: "https://releases.example/k3s", sha256: "a".repeat(64) } },
    ...changes,
  });

export const host = (changes: Partial<Host> = {}): Host => ({
  name: "backend",
  machineId: "machine-1",
  address: "203.0.113.10",
  privateAddress: "10.0.0.10",
  user: "ubuntu",
  port: 22,
  roles: ["server", "ingress", "data"],
  labels: {},
  taints: [],
  gpus: 0,
  ...changes,
});

export const mcpHost = (changes: Partial<Host> = {}): Host =>
  host({
    name: "mcp",
    address: "203.0.113.11",
    privateAddress: "10.0.0.11",
    roles: ["agent", "mcp"],
    gpus: 1,
    ...changes,
  });
