import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../../../components/core/wait.ts";
import { certificateIn } from "./certificate.ts";
import { freePort } from "./ports.ts";

const succeeds = (command: string, args: string[]) => {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout : undefined;
};

/** The command that runs Redis with the configuration from standard input: this machine's, or the lab's image. */
function program(port: number, tlsPort: number, folder: string): string[] | undefined {
  if (succeeds("redis-server", ["--version"])) return ["redis-server", "-"];
  const image = succeeds("docker", ["images", "--quiet", "sophia-lab/redis"])?.split("\n")[0];
  if (!image) return undefined;
  const mounted = ["--volume", `${folder}:${folder}:ro`];
  const published = [
    "--publish",
    `127.0.0.1:${port}:${port}`,
    "--publish",
    `127.0.0.1:${tlsPort}:${tlsPort}`,
    "--name",
    `sophia-test-redis-${port}`,
  ];
  return [
    "docker",
    "run",
    "--rm",
    "--interactive",
    ...published,
    ...mounted,
    "--entrypoint",
    "redis-server",
    image,
    "-",
  ];
}

/** Why tests against Redis cannot run here; undefined where they can. */
export const noRedis: string | undefined =
  program(0, 0, "/") === undefined ? "neither redis-server nor the lab's image of Redis is here" : undefined;

/** A real Redis without anything in it, on loopback, which asks for the password. */
export async function startRedis(more: string[] = []) {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const password = Math.random().toString(36).slice(2);
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const [command = "", ...args] = program(port, tlsPort, folder) ?? [];
  const tls = certificateIn(folder);
  // In the lab's image it runs as somebody else.
  chmodSync(folder, 0o755);
  chmodSync(tls.key, 0o644);
  const server = spawn(command, args, { cwd: folder });
  const settings = [`port ${port}`, `requirepass ${password}`, 'save ""', "protected-mode no", ...more];
  const encrypted = [`tls-port ${tlsPort}`, `tls-cert-file ${tls.certificate}`, `tls-key-file ${tls.key}`];
  settings.push(...encrypted, "tls-auth-clients no", `tls-ca-cert-file ${tls.certificate}`);
  server.stdin.end(`${settings.join("\n")}\n`);
  let said = "";
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  const ended = once(server, "exit");
  const stop = async () => {
    server.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  await waitFor({ what: "Redis", deadline: 120, interval: 0.1 }, async () => {
    if (server.exitCode !== null) throw new Error(`it ended: ${said}`);
    const socket = connect(port, "127.0.0.1");
    try {
      // An engine's proxy takes connections before Redis does, and then closes them without a word.
      const signal = AbortSignal.timeout(2000);
      await once(socket, "connect", { signal });
      socket.write("PING\r\n");
      const [answer] = await once(socket, "data", { signal });
      if (!String(answer).startsWith("-NOAUTH")) throw new Error(String(answer));
    } finally {
      socket.destroy();
    }
    return true;
  });
  return {
    password,
    url: `redis://127.0.0.1:${port}`,
    tlsUrl: `rediss://127.0.0.1:${tlsPort}`,
    caFile: tls.certificate,
    stop,
  };
}
export type TestRedis = Awaited<ReturnType<typeof startRedis>>;
