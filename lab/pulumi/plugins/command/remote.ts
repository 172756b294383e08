import type { Client, ClientChannel } from "ssh2";
import type { CommandRun } from "./command.ts";
import { withConnection } from "./ssh.ts";

/** How a remote command ended. Both are undefined if the connection was lost. */
interface Ending {
  code?: number | undefined;
  signal?: string | undefined;
}

interface Exec {
  command: string;
  env: Record<string, string>;
  stdin: string;
  stdout: (chunk: Buffer) => void;
  stderr: (chunk: Buffer) => void;
  /** Called when the channel is open. */
  opened?: (channel: ClientChannel) => void;
}

/**
 * Runs a command. The listeners are attached in ssh2's callback: output and exit status of a short command arrive in
 * the same packet as the confirmation of its start, and would be lost one tick later.
 */
function exec(client: Client, given: Exec): Promise<Ending> {
  return new Promise((resolve, reject) =>
    client.exec(given.command, { env: given.env }, (error, channel) => {
      if (error) return reject(error);
      let last: Ending = {};
      channel.on("exit", (code: number | null, signal?: string) => {
        last = { code: code ?? undefined, signal };
      });
      channel.on("data", given.stdout);
      channel.stderr.on("data", given.stderr);
      channel.on("close", () => resolve(last));
      given.opened?.(channel);
      channel.end(given.stdin);
    }),
  );
}

/**
 * Checks that the variables arrive: a server silently drops variables that its `AcceptEnv` does not list, and the command
 * must not run without them.
 */
async function requireEnvironment(client: Client, environment: Record<string, string>): Promise<void> {
  const names = Object.keys(environment);
  if (names.length === 0) return;
  const chunks: Buffer[] = [];
  await exec(client, {
    command: "env -0",
    env: environment,
    stdin: "",
    stdout: (chunk) => chunks.push(chunk),
    stderr: () => undefined,
  });
  const arrived = new Set(Buffer.concat(chunks).toString().split("\0"));
  for (const name of names) {
    if (arrived.has(`${name}=${environment[name]}`)) continue;
    throw new Error(
      `could not set environment variable "${name}": the SSH server does not accept it. This only works if the server ` +
        "lists it in AcceptEnv. Pass it through stdin, or begin the command with VAR=value.",
    );
  }
}

/** The official plugin's reason for a failed command; undefined if it succeeded. */
function failureOf({ code, signal }: Ending): string | undefined {
  if (signal) return `Process exited with status ${code ?? 1} from signal ${signal}`;
  if (code === undefined) return "wait: remote command exited without exit status or exit signal";
  return code === 0 ? undefined : `Process exited with status ${code}`;
}

/** Runs a command on another host by SSH. */
export function runRemote(run: CommandRun): Promise<void> {
  const { signal, log, output } = run;
  return withConnection(run.fields.object("connection"), { signal, log }, async (client) => {
    await requireEnvironment(client, run.environment);
    let cancel = () => {};
    const ending = await exec(client, {
      command: run.command,
      env: { ...run.environment, ...run.previous },
      stdin: run.stdin,
      stdout: (chunk) => output.add("stdout", chunk),
      stderr: (chunk) => output.add("stderr", chunk),
      opened: (channel) => {
        cancel = () => channel.signal("TERM");
        signal.addEventListener("abort", cancel, { once: true });
      },
    });
    signal.removeEventListener("abort", cancel);
    const reason = failureOf(ending);
    if (reason) throw output.failure(reason, run.command);
  });
}
