import ssh2 from "ssh2";
import { asError } from "../../components/core/errors.ts";
import { type Endpoint, HostKeyMismatch, HostUnreachable, sshError } from "./errors.ts";
import { hostKeyAlgorithms, knownHostsForm } from "./handshake.ts";

/** A login to a host. */
export interface Account extends Endpoint {
  user: string;
  /** Secret. */
  privateKey: string;
  /** Pinned at first contact. */
  hostKey: string;
}

/** These fields and no others, in one order: how a dynamic resource keeps an account. */
export const onlyAccount = ({ address, port, user, privateKey, hostKey }: Account): Account => {
  return { address, port, user, privateKey, hostKey };
};

export interface Outcome {
  code: number;
  /** Standard output and error, as they came. */
  output: string;
}

/**
 * Runs one command with text on its standard input.
 *
 * @param timeouts Milliseconds: to log in, and in all.
 * @throws HostUnreachable, LoginRefused, HostKeyMismatch, or an error for what cannot be used: a private key, a reply.
 */
export function execute(
  account: Account,
  commandLine: string,
  stdin: string,
  timeouts: { login: number; total: number },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const fail = (error: Error) => {
      clearTimeout(timer);
      client.destroy();
      reject(error);
    };
    const lost = (reason: string) => fail(new HostUnreachable(account, reason));
    const timer = setTimeout(() => lost(`no end after ${timeouts.total / 1000} s`), timeouts.total);
    client.on("error", (error) => fail(sshError(account, error)));
    client.on("close", () => lost("the connection was lost"));
    client.on("ready", () => {
      client.exec(commandLine, (error, channel) => {
        if (error) return lost(error.message);
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
          if (code === null) return lost("the connection was lost while the command ran");
          clearTimeout(timer);
          resolve({ code, output });
          client.end();
        });
        channel.end(stdin);
      });
    });
    const verify = (raw: Buffer): boolean => {
      const presented = knownHostsForm(raw);
      if (presented === account.hostKey) return true;
      fail(new HostKeyMismatch(account, account.hostKey, presented));
      return false;
    };
    try {
      client.connect({
        host: account.address,
        port: account.port,
        username: account.user,
        privateKey: account.privateKey,
        readyTimeout: timeouts.login,
        algorithms: { serverHostKey: [...hostKeyAlgorithms] },
        hostVerifier: verify,
      });
    } catch (error) {
      fail(asError(error));
    }
  });
}
