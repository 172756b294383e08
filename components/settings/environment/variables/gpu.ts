import { z } from "zod";
import type { Variable } from "./variable.ts";

const text = z.string().min(1);

/** What has to do with GPUs. The metrics API's own schema, in `images/monitoring`, says the same. */
export const gpuVariables = {
  SOPHIA_GPU_EXPORTERS: {
    about: "URL of the exporters of the GPUs' metrics; behind its name is an address for each.",
    usedBy: ["gpu-metrics"],
    schema: z.url(),
    setBy: "program",
  },
  SOPHIA_TLS_FOLDER: {
    about: "Folder with `tls.crt` and `tls.key` of the metrics API.",
    usedBy: ["gpu-metrics"],
    schema: text,
    setBy: "program",
  },
  SOPHIA_API_PORT: {
    about: "Port of the metrics API, by TLS; 0 picks a free one.",
    usedBy: ["gpu-metrics"],
    schema: z.coerce.number().int().min(0).max(65535).default(8443),
    setBy: "program",
  },
  SOPHIA_MCP_TARGETS: {
    about:
      "JSON: whom the same process asks how the MCP servers are, for Prometheus. Left out: it serves no metrics.",
    usedBy: ["gpu-metrics"],
    schema: text.optional(),
    setBy: "program",
  },
  NVIDIA_DRIVER_CAPABILITIES: {
    about: "What of the driver is mounted into containers with a GPU slice.",
    usedBy: ["gpu"],
    schema: text,
    setBy: "program",
    standard: "NVIDIA's container runtime",
  },
} as const satisfies Record<string, Variable>;
