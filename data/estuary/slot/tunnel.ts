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
        refused = new Unreachable(`${address} through ${hostname}`, error.message);
        socket.destroy();
        return;
      }
      channel.on("error", () => socket.destroy());
      socket.pipe(channel).pipe(socket);
    });
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error) => reject(new Unreachable(`SSH at ${hostname}:${port}`, error.message));
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
