import type { CatalogInput } from "./entry.ts";

/** A tool that names no time of its own has 60 seconds; the server's answer that it was not enough takes a moment. */
const timeout = 65;

/** A server that is written here, in `mcp/servers/<name>`. */
const own = (
  name: string,
  more: Omit<Extract<CatalogInput, { kind: "container" }>, "name" | "kind" | "source" | "command" | "image">,
): CatalogInput => ({
  name,
  kind: "container",
  source: { registry: "own", name: `mcp/servers/${name}`, version: "0.1.0" },
  command: ["node", `/app/mcp/servers/${name}/main.ts`],
  timeout,
  ...more,
});

export const sophiaInfrastructure = own("sophia_infrastructure", {
  description: "Hosts, Kubernetes nodes and pods, and the GPU instances that the account rents.",
  replicas: { min: 1, max: 3 },
  // Computes nothing there: it is the one pod by which a stack proves that slices are handed out, metered and scaled by
  // (requirement K5). In a cluster whose GPUs are all wanted by models, set this to 0. What is metered is the whole GPU, so
  // beside pods that compute it scales by their load: `prod` fixes its replicas.
  gpuSlices: 1,
  kubernetes: { resources: ["nodes", "pods"] },
  egress: ["lambda"],
  memory: 58,
});

/** Servers that are written here. They keep nothing between calls, so that they can scale. */
export const ownServers: CatalogInput[] = [
  own("sophia_ai_intelligence", {
    description: "Chat and embeddings of the platform's LLM endpoint.",
    // `rank_by_meaning` asks the endpoint up to four times.
    timeout: 485,
    replicas: { min: 1, max: 4 },
    egress: ["inference"],
    memory: 49,
  }),
  own("sophia_business_intelligence", {
    description: "Deals, contacts, calls and activity, as questions that a manager asks.",
    replicas: { min: 1, max: 4 },
    egress: ["postgres"],
    memory: 51,
  }),
  own("sophia_data_intelligence", {
    description: "State, quality, freshness and schema of the data pipeline; read-only SQL.",
    // `get_freshness` reads every table.
    timeout: 125,
    replicas: { min: 1, max: 4 },
    egress: ["postgres"],
    memory: 49,
  }),
  sophiaInfrastructure,
  own("lambda_labs_cli", {
    description: "GPU instances of Lambda Cloud: types, prices, capacity; launch and terminate if allowed.",
    // `launch_instance` looks for an instance whose answer was lost.
    timeout: 95,
    egress: ["lambda"],
    memory: 58,
  }),
  own("gong", {
    description: "Calls, transcripts and users of Gong.",
    // `search_calls` reads page after page, at the pace that Gong allows.
    timeout: 125,
    egress: ["gong"],
    memory: 51,
  }),
  own("redis", {
    description: "Keys and memory of the platform's Redis; read-only unless allowed.",
    egress: ["redis"],
    memory: 58,
  }),
];
