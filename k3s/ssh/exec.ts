import ssh2 from "ssh2";
import { type Endpoint, hostKeyAlgorithms, knownHostsForm } from "./handshake.ts";

export interface Account extends Endpoint {
  user: string;
  privateKey: string;
  /** Pinned; another one is refused. */
  hostKey: string;
}

export interface Outcome {
  code: number;
  /** Standard output and error, as they came. */
  output: string;
}

/** The host could not be reached or was lost on the way: nothing is known of what became of the command. */
export class Unreachable extends Error {
  /** The host answered, and does not take the key: nothing was run, and asking again is of no use. */
  readonly refused: boolean;
  constructor({ address, port }: Endpoint, reason: string, refused = false) {
    super(`SSH at ${address}:${port}: ${reason}`);
    this.name = "Unreachable";
    this.refused = refused;
  }
}

/**
 * Runs one command with text on its standard input.
 *
 * @param timeouts Milliseconds: to log in, and in all.
 * @throws Unreachable
 */
export function execute(
  account: Account,
  commandLine: string,
  stdin: string,
  timeouts: { login: number; total: number },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const timer = setTimeout(() => refuse(`no end after ${timeouts.total / 1000} s`), timeouts.total);
    const refuse = (reason: string, key = false) => {
      clearTimeout(timer);
      client.destroy();
      reject(new Unreachable(account, reason, key));
    };
    client.on("error", (error) => refuse(error.message, error.level === "client-authentication"));
    client.on("close", () => refuse("the connection was lost"));
    client.on("ready", () => {
      client.exec(commandLine, (error, channel) => {
        if (error) return refuse(error.message);
        let output = "";
        let code: number | null = null;
        const collect = (data: Buffer) => {
          output += data.toString("utf8");
        };
        channel.on("data", collect);
        channel.stderr.on("data", collect);
        channel.on("exit", (status: number | null) => {
          code = status;
        });
        channel.on("close", () => {
          if (code === null) return refuse("the command was cut off");
          clearTimeout(timer);
          resolve({ code, output });
          client.end();
        });
        channel.end(stdin);
      });
    });
    client.connect({
      host: account.address,
      port: account.port,
      username: account.user,
      privateKey: account.privateKey,
      readyTimeout: timeouts.login,
      algorithms: { serverHostKey: [...hostKeyAlgorithms] },
      hostVerifier: (raw: Buffer) => knownHostsForm(raw) === account.hostKey,
    });
  });
}
