import { createHash } from "node:crypto";
import ssh2, { Client, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import { asError } from "../../../../components/core/errors.ts";
import { Unrecoverable, waitFor } from "../../../../components/core/wait.ts";
import type { RequestContext } from "../kit/provider.ts";
import type { Fields } from "../kit/schema.ts";

/** Seconds between two dials. The default of ten attempts takes as long as with the official plugin's backoff. */
const dialInterval = 1;

/** Attempts with a rejected key: a booting host may accept connections before its authorized keys are written. */
const loginAttempts = 5;

/** The server has another host key than the expected one. Retrying cannot help. */
class HostKeyMismatch extends Error {}

interface HostKey {
  type: string;
  blob: string;
}

function parseHostKey(text: string): HostKey {
  const [type, blob] = text.trim().split(/\s+/);
  if (!type || !blob || !/^[A-Za-z0-9+/]+=*$/.test(blob)) {
    throw new Error(
      "failed to parse host key: must have the form `ssh-ed25519 AAAA…`, as in a known_hosts file without the host",
    );
  }
  return { type, blob };
}

/**
 * In the order of Go's SSH client, which the official plugin uses: it compares the key that it negotiates with the pinned
 * one, and does not ask for a key of the pinned type.
 */
const hostKeyAlgorithms: ServerHostKeyAlgorithm[] = [
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-256",
  "rsa-sha2-512",
  "ssh-rsa",
  "ssh-ed25519",
];

/** What is wrong with the key that the host presented; undefined if it is the pinned one. */
function judge(pinned: HostKey, presented: Buffer): string | undefined {
  if (presented.toString("base64") === pinned.blob) return undefined;
  // A key begins with the length and the name of its type (RFC 4253, section 6.6).
  const type = presented.subarray(4, 4 + presented.readUInt32BE(0)).toString("ascii");
  if (type === pinned.type) return "has another key than the expected one";
  return (
    `presented its ${type} key, and ${pinned.type} is pinned: pin the key that is negotiated. Of several keys it is ECDSA ` +
    "before RSA before Ed25519"
  );
}

/** Converts a `connection` input to the settings of ssh2. */
function connectConfig(connection: Fields): ConnectConfig & { mismatch: () => string | undefined } {
  const hostKeyText = connection.string("hostKey");
  const hostKey = hostKeyText === undefined ? undefined : parseHostKey(hostKeyText);
  const password = connection.string("password");
  const agent = connection.string("agentSocketPath") ?? process.env.SSH_AUTH_SOCK;
  let mismatch: string | undefined;
  return {
    host: connection.string("host"),
    port: connection.number("port"),
    username: connection.string("user"),
    readyTimeout: (connection.number("perDialTimeout") ?? 15) * 1000,
    // Detects within a minute that a host has disappeared during a command.
    keepaliveInterval: 15_000,
    keepaliveCountMax: 4,
    ...(connection.string("privateKey") === undefined ? {} : { privateKey: connection.string("privateKey") }),
    ...(connection.string("privateKeyPassword") === undefined
      ? {}
      : { passphrase: connection.string("privateKeyPassword") }),
    ...(password === undefined ? {} : { password, tryKeyboard: true }),
    ...(agent ? { agent } : {}),
    algorithms: { serverHostKey: hostKeyAlgorithms },
    hostVerifier: (key: Buffer) => {
      mismatch = hostKey && judge(hostKey, key);
      return mismatch === undefined;
    },
    mismatch: () => mismatch,
  };
}

interface Connected {
  client: Client;
  /** Rejects when the connection ends on either side. */
  lost: Promise<never>;
}

function dialOnce(config: ReturnType<typeof connectConfig>, signal: AbortSignal): Promise<Connected> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    const lost = Promise.withResolvers<never>();
    // Prevents an unhandled rejection after a regular end.
    lost.promise.catch(() => undefined);
    const cancel = () => {
      lost.reject(new Error(`cancelled: ${String(signal.reason)}`));
      reject(signal.reason);
      client.destroy();
    };
    const end = (error: Error) => {
      signal.removeEventListener("abort", cancel);
      lost.reject(error);
      const mismatch = config.mismatch();
      const { host, port } = config;
      reject(mismatch ? new HostKeyMismatch(`host key mismatch: ${host}:${port} ${mismatch}`) : error);
      client.destroy();
    };
    signal.addEventListener("abort", cancel, { once: true });
    client.on("error", end);
    client.on("close", () => end(new Error("connection closed by the remote host")));
    client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) =>
      finish(prompts.map(() => config.password ?? "")),
    );
    client.once("ready", () => resolve({ client, lost: lost.promise }));
    client.connect(config);
  });
}

/** Type and fingerprint as in OpenSSH: `ssh-ed25519 SHA256:…`. */
function keyName(privateKey: string, passphrase: string | undefined): string {
  const key = ssh2.utils.parseKey(privateKey, passphrase);
  if (key instanceof Error) return "that cannot be parsed";
  const digest = createHash("sha256").update(key.getPublicSSH()).digest("base64");
  return `${key.type} SHA256:${digest.replace(/=+$/, "")}`;
}

/** The error for a host that rejects the login. */
function refused(target: string, config: ConnectConfig, cause: Error): Error {
  const { privateKey, passphrase, username } = config;
  const shown =
    privateKey === undefined
      ? "no private key was given"
      : `key ${keyName(String(privateKey), passphrase?.toString())}`;
  return new Error(
    `${target}: the host rejected the login ${loginAttempts} times (${shown}): use a private key whose public key is in ` +
      `~${username}/.ssh/authorized_keys on the host, or add the public key there`,
    { cause },
  );
}

/**
 * Connects, with `dialErrorLimit` retries (-1: until cancelled or timed out); a rejected login is retried a few times
 * only. The error of the last attempt contains host and port.
 */
async function dial(connection: Fields, context: Pick<RequestContext, "signal" | "log">): Promise<Connected> {
  const config = connectConfig(connection);
  const limit = connection.number("dialErrorLimit") ?? 10;
  const target = `ssh ${config.username}@${config.host}:${config.port}`;
  let tries = 0;
  let rejectedLogins = 0;
  return waitFor(
    // Attempts are limited, not time; the signal applies the resource's timeout.
    { what: target, deadline: Number.POSITIVE_INFINITY, interval: dialInterval, signal: context.signal },
    async () => {
      try {
        return await dialOnce(config, context.signal);
      } catch (cause) {
        tries += 1;
        const error = asError(cause);
        if (error instanceof HostKeyMismatch) throw new Unrecoverable(error);
        if ("level" in error && error.level === "client-authentication") {
          rejectedLogins += 1;
          if (rejectedLogins >= loginAttempts) throw new Unrecoverable(refused(target, config, error));
        }
        if (limit >= 0 && tries > limit) {
          throw new Unrecoverable(
            new Error(`${target}: after ${tries} failed attempts: ${error.message}`, { cause: error }),
          );
        }
        const of = limit < 0 ? "inf" : String(limit);
        context.log({ severity: "info", message: `Dial ${tries}/${of} failed: retrying`, ephemeral: true });
        throw error;
      }
    },
  );
}

/** Connects, runs `use`, and always disconnects. Cancelling disconnects at once. */
export async function withConnection<T>(
  connection: Fields | undefined,
  context: Pick<RequestContext, "signal" | "log">,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  if (!connection) throw new Error("connection is missing");
  const { client, lost } = await dial(connection, context);
  try {
    return await Promise.race([use(client), lost]);
  } finally {
    client.end();
  }
}
