import ssh2 from "ssh2";

export interface Endpoint {
  address: string;
  port: number;
}

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
 * exchange, in which the server proves that it holds the key, and goes before any login.
 *
 * @param timeout Milliseconds until it gives up.
 */
export function readHostKey({ address, port }: Endpoint, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const refuse = (reason: string) => reject(new Error(`SSH at ${address}:${port}: ${reason}`));
    let key: string | undefined;
    client.on("handshake", () => {
      if (key === undefined) refuse("it presented no host key");
      else resolve(key);
      client.destroy();
    });
    client.on("error", (error) => refuse(error.message));
    client.on("close", () => refuse("the connection was closed before a host key came"));
    client.connect({
      host: address,
      port,
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
