import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";
import { onTestFinished } from "vitest";
import { sshKeyPair } from "../../../support/sshKey.ts";

export interface TestSshServer {
  port: number;
  /** As in a `known_hosts` file. */
  publicKey: string;
  /** Attempts to log in. */
  logins(): number;
  /** Keys of the logins that succeeded, base64. */
  keys: string[];
  /** Command lines with what came on their standard input. */
  commands: { line: string; stdin: string }[];
  close(): void;
}

export interface Behaviour {
  /** Exit code and output of every command; `undefined` closes the connection in the middle of it. */
  answer?: { code: number; output: string };
  /** Commands that end with exit code 1, by a text in their line. May be changed while the server runs. */
  fails?: string | undefined;
  /** Whether a key may log in, or which ones may (OpenSSH public keys). */
  accepts?: boolean | string[];
}

/** A real SSH server on loopback with a fresh host key. */
export async function sshServer(behaviour: Behaviour = {}): Promise<TestSshServer> {
  const key = sshKeyPair();
  const commands: TestSshServer["commands"] = [];
  const keys: string[] = [];
  let logins = 0;
  const server = new ssh2.Server({ hostKeys: [key.private] }, (client) => {
    client.on("error", () => undefined);
    client.on("authentication", (attempt) => {
      logins += 1;
      const { accepts } = behaviour;
      const key = attempt.method === "publickey" ? attempt.key.data.toString("base64") : undefined;
      const taken = Array.isArray(accepts) ? accepts.some((one) => one.split(" ")[1] === key) : accepts;
      if (!taken || attempt.method !== "publickey" || key === undefined) return attempt.reject(["publickey"]);
      // Without a signature the client only asks whether the key would do.
      if (attempt.signature) keys.push(key);
      attempt.accept();
    });
    client.on("session", (accept) => {
      accept().on("exec", (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        const entry = { line: command, stdin: "" };
        commands.push(entry);
        channel.on("data", (data: Buffer) => {
          entry.stdin += data.toString();
        });
        channel.on("end", () => {
          if (!behaviour.answer) return client.end();
          channel.write(behaviour.answer.output);
          const failing = behaviour.fails !== undefined && command.includes(behaviour.fails);
          channel.exit(failing ? 1 : behaviour.answer.code);
          channel.end();
        });
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const publicKey = key.public.split(" ").slice(0, 2).join(" ");
  const { port } = server.address() as AddressInfo;
  return { port, publicKey, logins: () => logins, keys, commands, close: () => server.close() };
}

/** The same, until the test ends. */
export async function sshServerOfTest(behaviour: Behaviour): Promise<TestSshServer> {
  const started = await sshServer(behaviour);
  onTestFinished(started.close);
  return started;
}
