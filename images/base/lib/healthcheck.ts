/**
 * The health check of every image: healthy when the container's own server answers 2xx at the given path.
 *
 *   node healthcheck.ts /healthz
 *
 * Where it listens is said by PORT. Kubernetes does not run it: pods have probes of their own.
 */
const [path = "/healthz"] = process.argv.slice(2);
const url = `http://127.0.0.1:${process.env.PORT || "8080"}${path}`;
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4000) });
  if (!response.ok) throw new Error(`it answers ${response.status}`);
} catch (error) {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  process.stderr.write(`${url}: ${error instanceof Error ? error.message : String(error)}${cause}\n`);
  process.exitCode = 1;
}
