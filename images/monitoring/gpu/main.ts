/**
 * Kubernetes's custom-metrics API with one metric, how busy the GPU of a pod is, made from DCGM's exporters. Horizontal
 * pod autoscalers read it by way of Kubernetes's API server. Its own health is at /healthz and /readyz, without TLS, and
 * at /metrics, for Prometheus, how every MCP server is: what else there is to measure needs no pod of its own.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { z } from "zod";
import { gpuEnvironment, readEnvironment } from "../environment.ts";
import { messageOf } from "../errors.ts";
import { look, metricsOf } from "../mcp/health.ts";
import { patience } from "../metrics.ts";
import { scrape } from "./exporters.ts";
import { frontProxyOf, frontProxyPath } from "./frontProxy.ts";
import { podNames, readKubernetes } from "./kubernetes.ts";
import { utilisationByPod } from "./samples.ts";
import { type Api, makeApi } from "./serve.ts";

/** Seconds until the front proxy is asked for again, and when that failed: its CA changes once in years. */
const again = { known: 60, failed: 2 };
/** Seconds for answers that are under way when it is told to stop. */
const grace = 5;
const tell = (line: string) => process.stderr.write(`${line}\n`);

function run(settings: z.infer<typeof gpuEnvironment>) {
  const kubernetes = {
    url: `https://${settings.KUBERNETES_SERVICE_HOST}:${settings.KUBERNETES_SERVICE_PORT}`,
    credentials: settings.SOPHIA_KUBERNETES_CREDENTIALS,
  };
  const file = (name: string) => readFileSync(`${settings.SOPHIA_TLS_FOLDER}/${name}`, "utf8");
  const source = {
    pods: (namespace: string, selector: string) => podNames(kubernetes, namespace, selector),
    utilisation: async () => utilisationByPod(await scrape(settings.SOPHIA_GPU_EXPORTERS, tell)),
  };
  const targets = settings.SOPHIA_MCP_TARGETS;
  let api: Api | undefined;
  const learn = async (): Promise<void> => {
    try {
      const frontProxy = frontProxyOf(await readKubernetes(kubernetes, frontProxyPath));
      if (api) api.trust(frontProxy);
      else {
        api = makeApi({ certificate: file("tls.crt"), key: file("tls.key"), frontProxy, source, tell });
        api.server.listen(settings.SOPHIA_API_PORT, () =>
          process.stdout.write(`the API listens on ${JSON.stringify(api?.server.address())}\n`),
        );
      }
      setTimeout(learn, again.known * 1000).unref();
    } catch (error) {
      tell(messageOf(error));
      setTimeout(learn, again.failed * 1000).unref();
    }
  };
  const health = createServer((request, response) => {
    // A path like `//` is no URL.
    const pathname = URL.parse(request.url ?? "/", "http://health")?.pathname;
    const reply = (status: number, text: string) =>
      response.writeHead(status, { "content-type": "text/plain" }).end(text);
    if (pathname === "/healthz") return reply(200, "ok\n");
    if (pathname === "/metrics" && targets) {
      return look(targets, patience).then((view) => {
        if (view.gatewayFault) tell(`the MCP gateway does not tell: ${view.gatewayFault}`);
        reply(200, metricsOf(view));
      });
    }
    if (pathname !== "/readyz")
      return reply(404, `only /healthz, /readyz${targets ? " and /metrics" : ""} are here\n`);
    return api?.server.listening
      ? reply(200, "ok\n")
      : reply(503, "who the front proxy is, is not known yet\n");
  });
  health.listen(settings.PORT, () => process.stdout.write(`health at ${JSON.stringify(health.address())}\n`));
  void learn();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      health.close();
      if (api) api.server.close(() => process.exit(0));
      else process.exit(0);
      // Kubernetes's API server keeps its connections open, used or not.
      setTimeout(() => api?.server.closeAllConnections(), grace * 1000).unref();
    });
  }
}

const environment = readEnvironment("GPU metrics", gpuEnvironment);
if (environment) run(environment);
