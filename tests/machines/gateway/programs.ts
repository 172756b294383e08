import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { notYet, Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import { clientsMap, type Identity, nginxValues } from "../../../components/services/nginx.ts";
import type { Route } from "../../../components/services/routes.ts";
import { bytesOf } from "../../../components/settings/sections/quantities.ts";
import { mcpSettings, nginxSettings } from "../../../components/settings/sections/services.ts";
import type { GatewayAuth, ResolvedBackend, SessionStore } from "../../../mcp/gateway/backend.ts";
import { vmcp } from "../../../mcp/gateway/vmcp.ts";
import { type ServeOptions, type Serving, serve } from "../../../mcp/servers/kit/serve.ts";
import { tool } from "../../../mcp/servers/kit/tool.ts";
import { run } from "../../../tools/exec.ts";
import { only, render } from "../../charts/render.ts";
import { testLabels } from "../../support/leftovers.ts";
import { freePort } from "../../support/servers/ports.ts";

export const add = tool({
  name: "add",
  description: "Add two numbers.",
  input: z.object({ a: z.number(), b: z.number() }),
  run: async ({ a, b }) => ({ sum: a + b }),
});

/** An MCP server on loopback: with one tool, where no others are given. */
export const startServer = (
  more: Partial<Pick<ServeOptions, "tools" | "tokensFile">> = {},
): Promise<Serving> =>
  serve({
    name: "toy",
    version: "1.0.0",
    port: 0,
    host: "127.0.0.1",
    maxBody: 1_000_000,
    log: () => {},
    tools: [add],
    ...more,
  });

/** A program of the test's own; `stop` kills it as a host that loses power would. */
export interface Program {
  port: number;
  said(): string;
  /** The most that it had in memory, in bytes. @throws when it has ended */
  memory(): number;
  stop(): Promise<void>;
}

async function started(child: ChildProcess, port: number, name: string, url: string): Promise<Program> {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  const ended = once(child, "exit");
  const program = {
    port,
    said: () => text,
    memory: () => {
      const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
      return Number(kilobytes) * 1024;
    },
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
  await waitFor({ what: `${name} at ${url}`, deadline: 240, interval: 0.1 }, async () => {
    if (child.exitCode !== null) throw new Unrecoverable(new Error(`${name} ended: ${text}`));
    const { status } = await fetch(url, { redirect: "manual" });
    return status < 500 ? true : notYet(`it answers ${status}`);
  });
  return program;
}

/** Bytes that a gateway's container may have. */
export const memoryLimit = bytesOf(mcpSettings.parse({}).gateway.resources.limits.memory);

/** A server on loopback as the gateway knows it. */
export const backendOf = (name: string, { port }: { port: number }, more: Partial<ResolvedBackend> = {}) => ({
  name,
  timeout: 30,
  url: `http://127.0.0.1:${port}/mcp`,
  ...more,
});

/** The gateway's engine with the configuration that stacks have. */
export async function startGateway(
  binary: string,
  folder: string,
  given: {
    host: string;
    backends: ResolvedBackend[];
    auth: GatewayAuth;
    sessions?: SessionStore & { password: string };
    /** Credentials by variable. */
    environment?: Record<string, string>;
  },
): Promise<Program> {
  const { host, backends, auth, sessions } = given;
  const port = await freePort();
  const config = parse(vmcp.config(backends, auth, sessions ?? { host: "127.0.0.1", port: 1 }));
  config.telemetry.prometheusPort = await freePort();
  if (!sessions) delete config.sessionStorage;
  if (auth.by === "oidc" && auth.authority !== undefined) {
    const authority = join(folder, `issuer-${port}.crt`);
    writeFileSync(authority, auth.authority);
    config.incomingAuth.oidc.caBundlePath = authority;
  }
  const file = join(folder, `gateway-${port}.yaml`);
  writeFileSync(file, stringify(config));
  const child = spawn(binary, ["serve", "--config", file, "--host", host, "--port", String(port)], {
    env: {
      HOME: folder,
      ...vmcp.environment(memoryLimit),
      ...given.environment,
      ...(sessions && { [vmcp.sessionPasswordVariable]: sessions.password }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return started(child, port, "the gateway", `http://${host}:${port}${vmcp.health.ready}`);
}

export interface Door extends Program {
  certificate: string;
}

/** Nginx of the lab's image with the configuration that stacks have, before these routes. */
export async function startDoor(
  image: string,
  folder: string,
  given: { routes: Route[]; clients: Record<string, string>; identity?: Identity },
): Promise<Door> {
  const [http, https, probe] = [await freePort(), await freePort(), await freePort()];
  const file = (name: string) => join(folder, name);
  const names = ["-subj", "/CN=sophia.test", "-addext", "subjectAltName=DNS:sophia.test"];
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...[...names, "-keyout", file("tls.key"), "-out", file("tls.crt")],
  ]);
  writeFileSync(file("clients.map"), clientsMap(given.clients));
  const settings = nginxSettings.parse({ hostnames: ["sophia.test"] });
  const further = { serviceCidr: "10.43.0.0/16", tlsSecret: "t", tlsHash: "h", clientsSecret: "c" };
  const map = only(render("nginx", "ingress", nginxValues(settings, { ...further, ...given })), "ConfigMap");
  const text = (map.data?.["nginx.conf"] ?? "")
    .replaceAll("/tmp/", `${folder}/`)
    .replaceAll(/\/run\/secrets\/(tls|clients)/g, folder)
    .replaceAll("listen 8080", `listen 127.0.0.1:${http}`)
    .replaceAll("listen 8443", `listen 127.0.0.1:${https}`)
    .replaceAll("listen 8081", `listen 127.0.0.1:${probe}`);
  writeFileSync(file("nginx.conf"), text);
  chmodSync(folder, 0o777);
  const name = `sophia-test-nginx-${https}`;
  const place = ["--rm", "--name", name, ...testLabels(folder), "--network", "host"];
  place.push("--volume", `${folder}:${folder}`);
  const command = ["--entrypoint", "nginx", image, "-e", "stderr", "-c", file("nginx.conf")];
  const child = spawn("docker", ["run", ...place, "--user", "0", ...command], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const program = await started(child, https, "Nginx", `http://127.0.0.1:${probe}/healthz`);
  const stop = async () => {
    const ended = once(child, "exit");
    await run("docker", ["kill", name]);
    await ended;
  };
  return { ...program, stop, certificate: readFileSync(file("tls.crt"), "utf8") };
}
