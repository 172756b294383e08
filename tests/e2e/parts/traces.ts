import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNetwork } from "../../../lab/machines/docker/network.ts";
import { processes as processNumbers } from "../../../lab/state/process.ts";
import { serverVariable } from "../../../lab/state/servers.ts";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { stopEngine } from "../../../tools/docker/engine/stop.ts";
import { run } from "../../../tools/exec.ts";
import { lab } from "../lab.ts";

/** `127.20.1.11:22` for each TCP socket of this machine that listens. */
export async function listening(): Promise<string[]> {
  const rows = (await readFile("/proc/net/tcp", "utf8")).split("\n").map((row) => row.trim().split(/\s+/));
  return rows
    .filter(([, , , state]) => state === "0A")
    .map(([, local = ""]) => {
      const [address = "", port = ""] = local.split(":");
      // The kernel shows the address as the machine has it in memory: last part first.
      const parts = address.match(/../g) ?? [];
      return `${parts
        .reverse()
        .map((part) => Number.parseInt(part, 16))
        .join(".")}:${Number.parseInt(port, 16)}`;
    });
}

/** Paths that something is mounted on. */
export const mounted = async (): Promise<string[]> =>
  (await readFile("/proc/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");

interface Container {
  Id: string;
  GraphDriver: { Data: { MergedDir?: string } | null };
  NetworkSettings: {
    SandboxKey: string;
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null>;
  };
}

/** What of a lab that is up must be gone when it is down. */
export interface Traces {
  /** As `listening` has them: of the hosts, of the registry and of the lab's own servers. */
  sockets: string[];
  /** Parts of paths that things are mounted on. */
  mounts: string[];
}

const labelled = ["--filter", `label=ai.sophia.lab=${lab.name}`];

export async function tracesOfLab(): Promise<Traces> {
  const ids = (await run("docker", ["ps", "-aq", "--no-trunc", ...labelled])).stdout
    .split("\n")
    .filter(Boolean);
  const containers = JSON.parse((await run("docker", ["inspect", ...ids])).stdout) as Container[];
  const ports = containers.flatMap(({ NetworkSettings }) => Object.values(NetworkSettings.Ports).flat());
  const network = await findNetwork(lab);
  return {
    sockets: [
      ...ports.flatMap((port) => (port ? [`${port.HostIp}:${port.HostPort}`] : [])),
      ...[7600, 7601, 7602, 7603].map((port) => `${network?.gateway}:${port}`),
    ],
    mounts: containers.flatMap(({ Id, GraphDriver, NetworkSettings }) => [
      Id,
      NetworkSettings.SandboxKey.split("/").at(-1) ?? Id,
      GraphDriver.Data?.MergedDir ?? Id,
    ]),
  };
}

/** Names of what the engine still has of the lab. One that `make down` stopped is asked, too: what it keeps is on its disk. */
export async function inEngine(): Promise<string[]> {
  const user = await mkdtemp(join(tmpdir(), "traces-"));
  await ensureEngine(user);
  try {
    const kinds = [
      ["ps", "-aq"],
      ["volume", "ls", "-q"],
      ["network", "ls", "-q"],
    ];
    const lists = await Promise.all(kinds.map((kind) => run("docker", [...kind, ...labelled])));
    return lists.flatMap(({ stdout }) => stdout.split("\n").filter(Boolean));
  } finally {
    await stopEngine(user);
    await rm(user, { recursive: true });
  }
}

/** Command lines of the lab's processes, but for those of the tests. A server's children have its mark, not its arguments. */
export async function processes(): Promise<string[]> {
  const all = await Promise.all(
    (await processNumbers()).map(async (pid) => {
      const [line, environment] = await Promise.all(
        ["cmdline", "environ"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")),
      );
      const marked = environment
        ?.split("\0")
        .some((one) => one.startsWith(`${serverVariable}=${lab.folder}/`));
      return { line: line?.replaceAll("\0", " ").trim() ?? "", marked };
    }),
  );
  const ofTests = (line: string) => line.includes("vitest") || line.includes("tests/run.ts");
  return all
    .filter(({ line, marked }) => marked || (line.includes(`${lab.folder}/`) && !ofTests(line)))
    .map(({ line }) => line);
}

/** Whose claims on a loopback network the machine knows: folders of labs. */
export async function claims(): Promise<string[]> {
  const folder = "/tmp/sophia-labs";
  const names = await readdir(folder);
  return Promise.all(names.map((name) => readFile(`${folder}/${name}`, "utf8").catch(() => "")));
}
