import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../../../../components/core/wait.ts";
import { aclLine, type RedisLogin } from "../../../../components/services/redis/logins.ts";
import { certificateIn } from "../certificate.ts";
import { freePort } from "../ports.ts";
import { programOf } from "../program.ts";

/**
 * A real Redis without anything in it, on loopback, which asks for the password.
 * @param logins all with that password; without one named `default`, the login of that name may do everything
 */
export async function startRedis(more: string[] = [], logins: readonly RedisLogin[] = []) {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const password = Math.random().toString(36).slice(2);
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const tls = certificateIn(folder, "127.0.0.1", ["IP:127.0.0.1", "DNS:localhost"]);
  const started = programOf("redis", "redis-server", ["--version"]).start("redis-server", ["-"], {
    folder,
    stdio: "pipe",
  });
  const server = started.process;
  const settings = [
    `port ${port}`,
    `dir ${folder}`,
    `requirepass ${password}`,
    'save ""',
    "protected-mode no",
    ...more,
    ...logins.map((login) => aclLine(login, password)),
  ];
  const encrypted = [`tls-port ${tlsPort}`, `tls-cert-file ${tls.certificate}`, `tls-key-file ${tls.key}`];
  settings.push(...encrypted, "tls-auth-clients no", `tls-ca-cert-file ${tls.certificate}`);
  server.stdin?.end(`${settings.join("\n")}\n`);
  let said = "";
  for (const stream of [server.stdout, server.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  const ended = once(server, "exit");
  const stop = async () => {
    started.signal("SIGTERM");
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
  }).catch(started.abandon);
  return {
    password,
    url: `redis://127.0.0.1:${port}`,
    tlsUrl: `rediss://127.0.0.1:${tlsPort}`,
    caFile: tls.certificate,
    stop,
  };
}
export type TestRedis = Awaited<ReturnType<typeof startRedis>>;
