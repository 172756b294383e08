import ssh2 from "ssh2";
import { sshKeyPair } from "../../support/sshKey.ts";

const { Client } = ssh2;

export interface KeyPair {
  privateKey: string;
  publicKey: string;
}

/** A key for one test run; it is never written anywhere. */
export function makeKey(): KeyPair {
  const { private: privateKey, public: publicKey } = sshKeyPair();
  return { privateKey, publicKey };
}

export interface Session {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Target {
  address: string;
  user?: string;
  privateKey?: string;
  password?: string;
}

/**
 * Runs one command as the program does: text in through standard input, nothing but the command line as argument. Rejects
 * with ssh2's error where the login is refused.
 *
 * @param enough output after which the rest is not waited for
 */
export function ssh(target: Target, commandLine: string, stdin = "", enough?: RegExp): Promise<Session> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.on("error", reject);
    // An sshd that is restarted ends the connection in order, without an error.
    client.on("close", () => reject(new Error("the connection ended before the command did")));
    client.on("ready", () => {
      client.exec(commandLine, (error, channel) => {
        if (error) return reject(error);
        const session = { code: -1, stdout: "", stderr: "" };
        channel.on("data", (data: Buffer) => {
          session.stdout += data.toString();
          if (!enough?.test(session.stdout)) return;
          client.destroy();
          resolve(session);
        });
        channel.stderr.on("data", (data: Buffer) => {
          session.stderr += data.toString();
        });
        channel.on("exit", (code: number | null) => {
          session.code = code ?? -1;
        });
        channel.on("close", () => {
          client.end();
          resolve(session);
        });
        channel.end(stdin);
      });
    });
    client.connect({
      host: target.address,
      username: target.user ?? "ubuntu",
      privateKey: target.privateKey,
      password: target.password,
      tryKeyboard: target.password !== undefined,
      readyTimeout: 60_000,
    });
  });
}
