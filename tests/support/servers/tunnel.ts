import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import { sessionStore, tunnelConfig, tunnelFiles } from "../../../mcp/gateway/sessionTunnel.ts";
import { freePort } from "./ports.ts";
import { programOf } from "./program.ts";

/** The gateway's way to Redis: Nginx with the configuration of its pod, on free ports. */
export interface TestTunnel {
  /** Where it takes plain connections. */
  port: number;
  log(): string;
  stop(): Promise<void>;
}

/**
 * @param to where Redis takes TLS, by the name that its certificate is to have
 * @param trusted PEM
 */
export async function startTunnel(
  folder: string,
  to: { host: string; address?: string; port: number },
  trusted: string,
): Promise<TestTunnel> {
  const [port, health] = [await freePort(), await freePort()];
  const file = (name: string) => join(folder, `${port}-${name}`);
  writeFileSync(file(tunnelFiles.trusted), trusted);
  const config = tunnelConfig(to, "127.0.0.1")
    .replace(`listen ${sessionStore.host}:${sessionStore.port}`, `listen 127.0.0.1:${port}`)
    .replace("listen 8091", `listen 127.0.0.1:${health}`)
    // No cluster's DNS is here.
    .replace(`set $redis ${to.host}:`, `set $redis ${to.address ?? to.host}:`)
    .replaceAll("/tmp/", `${folder}/${port}-`)
    .replaceAll(`/etc/sophia/${tunnelFiles.trusted}`, file(tunnelFiles.trusted));
  writeFileSync(file(tunnelFiles.config), config);
  const started = programOf("nginx", "nginx", ["-v"]).start(
    "nginx",
    ["-e", "stderr", "-c", file(tunnelFiles.config)],
    { folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  started.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = once(started.process, "exit");
  await waitFor({ what: "the tunnel", deadline: 240, interval: 0.1 }, async () => {
    if (started.process.exitCode !== null) throw new Unrecoverable(new Error(`nginx ended: ${said}`));
    const socket = connect(health, "127.0.0.1");
    try {
      await once(socket, "connect");
    } finally {
      socket.destroy();
    }
    return true;
  }).catch(started.abandon);
  return {
    port,
    log: () => said,
    stop: async () => {
      started.signal("SIGTERM");
      await ended;
    },
  };
}
