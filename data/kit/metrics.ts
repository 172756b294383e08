import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf } from "./errors.ts";

/** One series of Prometheus's text format. */
export interface Sample {
  labels?: Record<string, string>;
  value: number;
}

export interface Metric {
  name: string;
  help: string;
  type: "gauge" | "counter";
  samples: Sample[];
}

const quoted = (text: string) =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

const labelsOf = (labels: Record<string, string> = {}): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${quoted(value)}`);
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
};

/** Metrics in Prometheus's text format. Pure. */
export const metricsText = (metrics: Metric[]): string =>
  metrics
    .flatMap(({ name, help, type, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels, value }) => `${name}${labelsOf(labels)} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join("");

export interface Metering {
  port: number;
  close(): Promise<void>;
}

/**
 * Serves `/metrics`, and `/healthz` with 503 while `healthy` says why not.
 *
 * @param port 0 picks a free one
 */
export async function serveMetrics(
  port: number,
  metrics: () => Promise<Metric[]> | Metric[],
  healthy: () => string | undefined = () => undefined,
): Promise<Metering> {
  const server = createServer((request, response) => {
    const reply = (status: number, text: string) => {
      response.writeHead(status, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
    };
    if (request.url === "/healthz") {
      const fault = healthy();
      reply(fault === undefined ? 200 : 503, `${fault ?? "ok"}\n`);
    } else if (request.url === "/metrics") {
      Promise.resolve()
        .then(metrics)
        .then(
          (all) => reply(200, metricsText(all)),
          (error: unknown) => reply(503, `${messageOf(error)}\n`),
        );
    } else reply(404, "not found; served are /healthz and /metrics\n");
  });
  server.listen(port);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
