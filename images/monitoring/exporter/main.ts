/**
 * Serves the health of the host that it runs on at /metrics, and its own at /healthz. Each host has one of these: at
 * Lambda nobody else reaches a host's health service.
 */
import { createServer } from "node:http";
import { exporterEnvironment, readEnvironment } from "../environment.ts";
import { patience } from "../metrics.ts";
import { ask, metricsOf, readHosts } from "./hosts.ts";

const environment = readEnvironment("monitoring", exporterEnvironment);

/** Port of the hosts' health service. */
const hostPort = 8080;

if (environment) {
  const { SOPHIA_HOSTS_FILE: file, SOPHIA_NODE_NAME: node, PORT: port } = environment;
  const report = async () => {
    const all = await readHosts(file, hostPort);
    const own = all.find((host) => host.node === node);
    if (!own) throw new Error(`${file} has no host whose node is ${node}, on which this runs`);
    return metricsOf([await ask(own, patience)], all);
  };
  const server = createServer((request, response) => {
    // A path like `//` is no URL.
    const pathname = URL.parse(request.url ?? "/", "http://exporter")?.pathname;
    const reply = (status: number, text: string) =>
      response.writeHead(status, { "content-type": "text/plain; version=0.0.4" }).end(text);
    if (pathname === "/healthz") return reply(200, "ok\n");
    if (pathname !== "/metrics") return reply(404, "only /metrics and /healthz are here\n");
    return report().then(
      (metrics) => reply(200, metrics),
      (error: Error) => {
        process.stderr.write(`${error.message}\n`);
        reply(500, `${error.message}\n`);
      },
    );
  });
  server.listen(port, () => process.stdout.write(`listening on ${JSON.stringify(server.address())}\n`));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => server.close(() => process.exit(0)));
  }
}
