/** Serves the health of the stack's hosts at /metrics, and its own at /healthz. */
import { createServer } from "node:http";
import { exporterEnvironment, readEnvironment } from "../environment.ts";
import { ask, metricsOf, readHosts } from "./hosts.ts";

const environment = readEnvironment("monitoring", exporterEnvironment);

/** Port of the hosts' health service. */
const hostPort = 8080;
/** Seconds: Prometheus gives up after 10. */
const patience = 5;

if (environment) {
  const { SOPHIA_HOSTS_FILE: file, PORT: port } = environment;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://exporter");
    const reply = (status: number, text: string) =>
      response.writeHead(status, { "content-type": "text/plain; version=0.0.4" }).end(text);
    if (pathname === "/healthz") return reply(200, "ok\n");
    if (pathname !== "/metrics") return reply(404, "only /metrics and /healthz are here\n");
    return readHosts(file, hostPort)
      .then((hosts) => Promise.all(hosts.map((host) => ask(host, patience))))
      .then(
        (seen) => reply(200, metricsOf(seen)),
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
