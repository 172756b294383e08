import ssh2 from "ssh2";
import { type Endpoint, HostUnreachable, sshError } from "./errors.ts";

/**
 * In the order of preference of Go's SSH client, which Pulumi's command provider uses: it compares the key that it
 * negotiates itself with the pinned one, so the pinned one must be of the kind that it would choose.
 */
export const hostKeyAlgorithms = [
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-256",
  "rsa-sha2-512",
  "ssh-ed25519",
] as const;

/**
 * The host key that an SSH server presents, as in a `known_hosts` file (`ssh-ed25519 AAAA…`). It makes the whole key
 * exchange, in which the server proves that it holds the key, and stops before any login.
 *
 * @param timeout Milliseconds until it gives up.
 * @throws HostUnreachable where no SSH server answers, another error where what answers has no usable key.
 */
export function readHostKey(endpoint: Endpoint, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let key: string | undefined;
    client.on("handshake", () => {
      if (key === undefined) reject(sshError(endpoint, { message: "it presented no host key" }));
      else resolve(key);
      client.destroy();
    });
    client.on("error", (error) => reject(sshError(endpoint, error)));
    client.on("close", () =>
      reject(new HostUnreachable(endpoint, "the connection was closed before a host key came")),
    );
    client.connect({
      host: endpoint.address,
      port: endpoint.port,
      username: "nobody",
      authHandler: [],
      readyTimeout: timeout,
      algorithms: { serverHostKey: [...hostKeyAlgorithms] },
      hostVerifier: (raw: Buffer) => {
        key = knownHostsForm(raw);
        return true;
      },
    });
  });
}

/** An SSH key blob begins with the length and name of its type (RFC 4253, section 6.6). */
export function knownHostsForm(raw: Buffer): string {
  const length = raw.readUInt32BE(0);
  const type = raw.subarray(4, 4 + length).toString("ascii");
  if (!/^[a-z0-9@.-]+$/.test(type)) throw new Error("the server's host key has no readable type");
  return `${type} ${raw.toString("base64")}`;
}
