import type { z } from "zod";
import type { catalogEntry } from "./entry.ts";

/** Shows what the platform runs on. */
export const sophiaInfrastructure: z.input<typeof catalogEntry> = {
  name: "sophia_infrastructure",
  description: "Hosts, Kubernetes nodes and pods, and the GPU instances that the account rents.",
  kind: "container",
  entry: "/app/mcp/servers/sophia_infrastructure/main.ts",
  gpuSlices: 1,
  kubernetes: { resources: ["nodes", "pods"] },
  egress: ["lambda"],
};
