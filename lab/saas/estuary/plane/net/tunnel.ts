import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Client } from "ssh2";
import { asError } from "../../../../../components/core/errors.ts";
import type { NetworkTunnel } from "../types.ts";

/** Where to connect, and how to end what is in between. */
export interface Reached {
  host: string;
  port: number;
  close(): Promise<void>;
}

/** `<host>:<port>`, PostgreSQL's port where none is given. */
function hostAndPort(address: string): { host: string; port: number } {
  const found = /^\[?([^\]]+?)\]?(?::(\d+))?$/.exec(address);
  if (!found?.[1]) throw new Error(`address ${address} is not <host>:<port>`);
  return { host: found[1], port: Number(found[2] ?? 5432) };
}

/** The address itself, or a port of loopback whose connections come out of the other end of an SSH tunnel. */
export async function reach(address: string, tunnel: NetworkTunnel | undefined): Promise<Reached> {
  const target = hostAndPort(address);
  const forwarding = tunnel?.sshForwarding;
  if (!forwarding) return { ...target, close: async () => {} };
  const { hostname, port, username, protocol } = new URL(forwarding.sshEndpoint);
  if (protocol !== "ssh:")
    throw new Error(`sshEndpoint ${forwarding.sshEndpoint} does not begin with ssh://`);
  const ssh = await connected(
    hostname,
    Number(port || 22),
    decodeURIComponent(username),
    forwarding.privateKey,
  );
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    ssh.forwardOut("127.0.0.1", 0, target.host, target.port, (error, stream) => {
      // Whoever connected sees its connection end, and says so; the tunnel itself may still be good.
      if (error) return void socket.destroy();
      stream.on("error", () => socket.destroy());
      stream.on("close", () => socket.destroy());
      socket.on("close", () => stream.destroy());
      socket.pipe(stream).pipe(socket);
    });
  });
  const end = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  ssh.on("error", end).on("close", end);
  const close = async () => {
    end();
    ssh.end();
  };
  return { ...(await listening(server)), close };
}

async function connected(host: string, port: number, username: string, privateKey: string): Promise<Client> {
  const ssh = new Client();
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new Error(`SSH tunnel to ${username}@${host}:${port}: ${error.message}`));
    ssh.once("ready", () => resolve(ssh));
    ssh.once("error", fail);
    try {
      ssh.connect({ host, port, username, privateKey, readyTimeout: 15_000, keepaliveInterval: 10_000 });
    } catch (error) {
      fail(asError(error));
    }
  });
}

async function listening(server: Server): Promise<{ host: string; port: number }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}
