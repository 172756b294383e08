import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import ssh2 from "ssh2";

/** Neither the tunnel's host nor what is behind it could be reached. */
export class Unreachable extends Error {
  constructor(what: string, reason: string) {
    super(`${what}: ${reason}`);
    this.name = "Unreachable";
  }
}

/** The tunnel's host answered, and lets the key or the address not through. Trying again does not help. */
export class Refused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Refused";
  }
}

/** RFC 4254, 5.1: what sshd answers to an address that the user may not forward to. */
const administrativelyProhibited = 1;

export interface Tunnel {
  /** `ssh://<user>@<host>:<port>` */
  endpoint: string;
  privateKey: string;
}

/**
 * Opens a port of this machine's loopback that leads through an SSH host to an address, as Estuary does, for as long
 * as `work` takes. The host's key is not checked: whoever speaks through it must check who answers.
 *
 * @param address `<host>:<port>` as seen from the host.
 * @throws Unreachable, Refused, or what `work` throws.
 */
export async function throughTunnel<T>(
  { endpoint, privateKey }: Tunnel,
  address: string,
  work: (port: number) => Promise<T>,
): Promise<T> {
  const { hostname, port, username } = new URL(endpoint);
  const at = address.lastIndexOf(":");
  const target = { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
  const client = new ssh2.Client();
  const sockets = new Set<Socket>();
  let refused: Error | undefined;
  const door = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    client.forwardOut("127.0.0.1", 0, target.host, target.port, (error, channel) => {
      if (error) {
        const prohibited = "reason" in error && error.reason === administrativelyProhibited;
        refused = prohibited
          ? new Refused(`SSH at ${hostname}:${port} does not forward to ${address}: ${error.message}`)
          : new Unreachable(`${address} through ${hostname}`, error.message);
        socket.destroy();
        return;
      }
      channel.on("error", () => socket.destroy());
      socket.pipe(channel).pipe(socket);
    });
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const refuse = ({ message, level }: Error & { level?: string }) =>
        reject(
          level === "client-authentication"
            ? new Refused(`SSH at ${hostname}:${port} refuses the key of ${username}: ${message}`)
            : new Unreachable(`SSH at ${hostname}:${port}`, message),
        );
      client.on("error", refuse).on("ready", resolve);
      client.connect({ host: hostname, port: Number(port), username, privateKey, readyTimeout: 15_000 });
    });
    door.listen(0, "127.0.0.1");
    await once(door, "listening");
    const opened = door.address();
    if (opened === null || typeof opened === "string") throw new Error("the tunnel's door has no port");
    try {
      return await work(opened.port);
    } catch (error) {
      throw refused ?? error;
    }
  } finally {
    for (const socket of sockets) socket.destroy();
    door.close();
    client.end();
  }
}
