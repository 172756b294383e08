import type { Client, ClientChannel } from "ssh2";
import type { CommandRun } from "./command.ts";
import { withConnection } from "./ssh.ts";

/** How a remote command ended; neither is set when the connection broke. */
interface Ending {
  code?: number | undefined;
  signal?: string | undefined;
}

function exec(client: Client, command: string, env: Record<string, string>): Promise<ClientChannel> {
  return new Promise((resolve, reject) =>
    client.exec(command, { env }, (error, channel) => (error ? reject(error) : resolve(channel))),
  );
}

function ending(channel: ClientChannel): Promise<Ending> {
  return new Promise((resolve) => {
    let last: Ending = {};
    channel.on("exit", (code: number | null, signal?: string) => {
      last = { code: code ?? undefined, signal };
    });
    channel.on("close", () => resolve(last));
  });
}

/**
 * Servers take only variables that their `AcceptEnv` lists and drop the others silently; a command that needs
 * them must not run without. So ask what arrives.
 */
async function requireEnvironment(client: Client, environment: Record<string, string>): Promise<void> {
  const names = Object.keys(environment);
  if (names.length === 0) return;
  const channel = await exec(client, "env -0", environment);
  let text = "";
  channel.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  channel.stderr.resume();
  channel.end();
  await ending(channel);
  const arrived = new Set(text.split("\0"));
  for (const name of names) {
    if (arrived.has(`${name}=${environment[name]}`)) continue;
    throw new Error(
      `could not set environment variable "${name}": the SSH server does not accept it. This only works if the server ` +
        "lists it in AcceptEnv. Pass it through stdin, or begin the command with VAR=value.",
    );
  }
}

/** Runs a command on another host by SSH. */
export function runRemote(run: CommandRun): Promise<void> {
  const log = () => {
    // Dials that fail show in the error of the last one.
  };
  return withConnection(run.fields.object("connection"), { signal: run.signal, log }, async (client) => {
    await requireEnvironment(client, run.environment);
    const channel = await exec(client, run.command, { ...run.environment, ...run.previous });
    const ended = ending(channel);
    const cancel = () => channel.signal("TERM");
    run.signal.addEventListener("abort", cancel, { once: true });
    channel.on("data", (chunk: Buffer) => run.output.add("stdout", chunk));
    channel.stderr.on("data", (chunk: Buffer) => run.output.add("stderr", chunk));
    channel.end(run.stdin);
    const { code, signal } = await ended;
    run.signal.removeEventListener("abort", cancel);
    if (signal)
      throw run.output.failure(`Process exited with status ${code ?? 1} from signal ${signal}`, run.command);
    if (code === undefined) {
      throw run.output.failure("wait: remote command exited without exit status or exit signal", run.command);
    }
    if (code !== 0) throw run.output.failure(`Process exited with status ${code}`, run.command);
  });
}
