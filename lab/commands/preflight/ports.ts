import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { docker, type LabIdentity, labels, linesOf } from "../../../tools/docker/docker.ts";
import { onPath } from "../../../tools/onPath.ts";
import { publishedPorts } from "../../machines/docker/options.ts";
import { processes } from "../../state/process.ts";

/** A listening socket. */
interface Listener {
  /** As the kernel prints it, in hexadecimal: IPv4 with the last part first. */
  address: string;
  port: number;
  inode: string;
}

/** The listening sockets in the text of `/proc/net/tcp` or `tcp6`. Pure. */
export function listenersIn(text: string): Listener[] {
  return text.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    const [address = "", hexadecimal = ""] = local.split(":");
    const port = Number.parseInt(hexadecimal, 16);
    return state === "0A" && port > 0 ? [{ address, port, inode }] : [];
  });
}

/** Whether a socket has that IPv4 address: as its own, or among all addresses; one of IPv6 may have both. Pure. */
export function isAt(host: string, { address }: Pick<Listener, "address">): boolean {
  const parts = host.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  const own = parts.reverse().join("").toUpperCase();
  return [own, `${"0".repeat(16)}FFFF0000${own}`].includes(address) || /^0*(?:FFFF0+)?$/.test(address);
}

const text = (file: string) => readFile(file, "utf8").catch(() => "");

/** The process that listens at a port of an address, if this user may see it: `sshd (process 812)`. */
async function holderOf(host: string, port: number): Promise<string | undefined> {
  const all = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map(text));
  const sockets = all.flatMap(listenersIn).filter((one) => one.port === port && isAt(host, one));
  const wanted = new Set(sockets.map(({ inode }) => `socket:[${inode}]`));
  for (const pid of await processes()) {
    const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of open) {
      if (!wanted.has(await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ""))) continue;
      return `${(await text(`/proc/${pid}/comm`)).trim()} (process ${pid})`;
    }
  }
  return undefined;
}

/** A container that publishes ports. */
interface Publisher {
  name: string;
  /** Folder of the lab that it belongs to; empty for what is no lab's. */
  folder: string;
  /** Addresses with ports, like `127.20.1.11:22`. */
  ports: string[];
}

/** The containers in what `docker ps` lists in the format of `published`. Pure. */
const publishersIn = (text: string): Publisher[] =>
  linesOf(text).map((line) => {
    const [name = "", folder = "", listed = ""] = line.split("\t");
    return { name, folder, ports: [...listed.matchAll(/([\d.]+:\d+)->/g)].map(([, port = ""]) => port) };
  });

/**
 * What Docker publishes. Asked of the engine: which process holds a published port depends on its setting
 * `userland-proxy`.
 */
async function published(): Promise<Publisher[]> {
  if (!onPath("docker")) return [];
  const format = `{{.Names}}\t{{.Label "${labels.folder}"}}\t{{.Ports}}`;
  // Without an engine nothing is published.
  const { stdout } = await docker(["ps", "--format", format], { allowFailure: true });
  return publishersIn(stdout);
}

/** Addresses at which containers publish ports that are not the lab's. */
export async function othersAddresses(lab: LabIdentity): Promise<string[]> {
  const others = (await published()).filter(({ folder }) => folder !== lab.folder);
  return others.flatMap(({ ports }) => ports.map((port) => port.replace(/:\d+$/, "")));
}

/** Whether a port is in use. A port that this user may not bind is left to the engine. */
function isTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(false)));
  });
}

/**
 * A message for each port that somebody else uses.
 *
 * @param lab whose own containers may have the ports; left out, no container may
 */
export async function takenPorts(
  addresses: string[],
  ports: readonly number[],
  lab?: LabIdentity,
): Promise<string[]> {
  const found: { address: string; port: number }[] = [];
  for (const address of addresses)
    for (const port of ports) if (await isTaken(address, port)) found.push({ address, port });
  if (found.length === 0) return [];
  const publishers = await published();
  const publisherOf = ({ address, port }: { address: string; port: number }) =>
    publishers.find((one) => one.ports.includes(`${address}:${port}`));
  const foreign = found.filter((one) => lab === undefined || publisherOf(one)?.folder !== lab.folder);
  const first = foreign.filter(({ port }, index) => foreign.findIndex((one) => one.port === port) === index);
  return Promise.all(
    first.map(async (one) => {
      const { address, port } = one;
      const publisher = publisherOf(one);
      const container =
        publisher && `container ${publisher.name}${publisher.folder && ` of ${publisher.folder}`}`;
      const holder = container ?? (await holderOf(address, port));
      const find = holder ? "" : `; find it: ss -ltnp 'sport = :${port}'`;
      return `${address}:${port}: ${holder ?? "another program"} uses this port, there or on all addresses${find}`;
    }),
  );
}

/**
 * Checks that the ports of the lab's hosts are free, or its own, before one is launched.
 *
 * @param prefix the lab's loopback network, like `127.20.1`
 * @param hosts how many will be launched
 * @throws naming the program that uses each port, with a remedy
 */
export async function checkPorts(
  lab: LabIdentity,
  prefix: string,
  hosts: number,
  ports: readonly number[] = publishedPorts,
): Promise<void> {
  const addresses = Array.from({ length: hosts }, (_, index) => `${prefix}.${firstHost + index}`);
  const taken = await takenPorts(addresses, ports, lab);
  if (taken.length === 0) return;
  const advice = "Stop that program, or bind it to its own address (sshd: ListenAddress)";
  throw new Error(`ports that the lab's hosts need are in use:\n  ${taken.join("\n  ")}\n${advice}`);
}

/** Last part of the first instance's public address, as the emulated Lambda Cloud gives them. */
const firstHost = 11;
