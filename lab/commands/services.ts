import { join } from "node:path";
import { digest } from "../../components/core/digest.ts";
import { notYet, Unrecoverable, waitFor } from "../../components/core/wait.ts";
import { hashOf } from "../../tools/artefacts/hash.ts";
import { lastLines } from "../../tools/lastLines.ts";
import { repository } from "../../tools/repository.ts";
import { files, type Lab } from "../lab.ts";
import type { LabNetwork } from "../machines/docker/network.ts";
import { fromFile, startDaemon } from "../state/process.ts";
import { serverVariable, stopServer } from "../state/servers.ts";
import { takenPorts } from "./preflight/ports.ts";

/** Ports on the gateway of the lab's network. They can be fixed, because no other lab uses that network. */
const ports = { cloud: 7600, releases: 7601, saas: 7602, snowflake: 7603 };

/** URLs of the lab's servers; this machine and the lab's hosts both reach them. */
export const lambdaApiUrl = (network: LabNetwork) => `http://${network.gateway}:${ports.cloud}/api/v1`;
/** Base URL of the emulated vendors. */
export const saasUrl = (network: LabNetwork) => `http://${network.gateway}:${ports.saas}`;
/** Base URL of the emulated Snowflake. */
export const snowflakeUrl = (network: LabNetwork) => `http://${network.gateway}:${ports.snowflake}`;
/** Where hosts download the `k3s` binary. */
export const k3sUrl = (network: LabNetwork) => `http://${network.gateway}:${ports.releases}/k3s`;

/** Speed of the emulated cloud's clock, as a multiple of real time: a boot of four minutes takes seconds. */
export const speed = 60;

const node = process.execPath;

/** Of which the servers are made, with what these import. A change restarts a server at the next `make up`. */
export const serverSources = {
  cloud: [
    "lab/cloud",
    "lab/machines",
    "lambda/listPrices.ts",
    "components/settings/faults.ts",
    "tools",
    "components/core",
    "package-lock.json",
  ],
  saas: [
    ...["lab/saas", "lab/cloud", "lab/state", "lab/lab.ts", "data/quality", "tools"],
    ...["components/core", "components/images", "components/settings", "package-lock.json"],
  ],
  releases: ["lab/k3s/releaseServer.ts", "components/core"],
};

export interface Server {
  title: string;
  folder: string;
  args: string[];
  /** Responds when the server is ready. */
  url: string;
  /** All ports at which it listens, at the address in `url`. */
  ports: number[];
  environment: Record<string, string>;
  /** Files and folders of the repository of which it is made. */
  sources: string[];
}

/** Files and names that the servers need. */
export interface Programs {
  /** The k3s binary. */
  k3s: string;
  /** Image of the lab's hosts, as the engine names it. */
  machine: string;
  /** Python environment of the lab's Snowflake. */
  fakesnow: string;
  /** File with the credentials that the emulated vendors accept. */
  credentials: string;
  /** User who manages the warehouse. */
  administrator: string;
}

/** The emulators, and the release server. */
function servers(lab: Lab, network: LabNetwork, prefix: string, programs: Programs): Server[] {
  const environment = { LAB: lab.name, LAB_ROOT: join(lab.folder, ".."), LAB_CACHE: lab.cache };
  const cloud = [
    ["--listen", `${network.gateway}:${ports.cloud}`],
    ["--state", files(lab).cloudState],
    ["--driver", "docker"],
    ["--lab", lab.name],
    ["--lab-folder", lab.folder],
    ["--image", programs.machine],
    ["--api-key-file", files(lab).apiKey],
    ["--addresses", prefix],
    ["--speed", String(speed)],
  ].flat();
  const saas = [
    ["--host", network.gateway],
    ["--port", String(ports.saas)],
    ["--snowflake-port", String(ports.snowflake)],
    ["--folder", files(lab).saas],
    ["--venv", programs.fakesnow],
    ["--credentials", programs.credentials],
    ["--administrator", programs.administrator],
  ].flat();
  return [
    {
      title: "the emulated vendors of the pipeline",
      folder: files(lab).saas,
      args: [join(repository, "lab/saas/main.ts"), ...saas],
      url: `${saasUrl(network)}/`,
      ports: [ports.saas, ports.snowflake],
      environment,
      sources: serverSources.saas,
    },
    {
      title: "the emulated Lambda Cloud",
      folder: join(lab.folder, "cloud"),
      args: [join(repository, "lab/cloud/main.ts"), ...cloud],
      url: `http://${network.gateway}:${ports.cloud}/_lab/state`,
      ports: [ports.cloud],
      environment,
      sources: serverSources.cloud,
    },
    {
      title: "the release server",
      folder: join(lab.folder, "releases"),
      args: [
        join(repository, "lab/k3s/releaseServer.ts"),
        "--listen",
        `${network.gateway}:${ports.releases}`,
        "--file",
        "/k3s",
        programs.k3s,
      ],
      url: k3sUrl(network),
      ports: [ports.releases],
      environment,
      sources: serverSources.releases,
    },
  ];
}

/** Starts the servers that are not running, and restarts those whose arguments or sources changed. */
export async function ensureServers(
  lab: Lab,
  network: LabNetwork,
  prefix: string,
  programs: Programs,
  signal?: AbortSignal,
): Promise<void> {
  for (const server of servers(lab, network, prefix, programs)) {
    signal?.throwIfAborted();
    await ensureServer(server, signal);
  }
}

/**
 * Starts one server, unless it runs with the same arguments from the same sources, and waits until it responds.
 *
 * @throws at once where its port is taken or it ends, with the last line of its log
 */
export async function ensureServer(server: Server, signal?: AbortSignal): Promise<void> {
  const version = await hashOf(repository, server.sources, ...server.args);
  const pidFile = join(server.folder, `pid-${digest(version)}.json`);
  const logFile = join(server.folder, "log");
  if (!(await fromFile(pidFile))) {
    await stopServer(server.folder);
    // Another program there could respond in its place.
    const taken = await takenPorts([new URL(server.url).hostname], server.ports);
    if (taken.length > 0)
      throw new Error(
        `${server.title} cannot start: ${taken.join("; ")}. Stop that program, and run \`make up\``,
      );
    const env = { ...server.environment, [serverVariable]: server.folder };
    await startDaemon(node, server.args, { pidFile, logFile, env });
  }
  const what = `${server.title} at ${server.url}`;
  // A first start compiles its sources, on a machine that may be busy; one that cannot start ends, which is told at once.
  await waitFor({ what, deadline: 120, interval: 0.2, ...(signal && { signal }) }, async () => {
    if (!(await fromFile(pidFile))) {
      const said = (await lastLines(logFile, 1)) || "it said nothing";
      throw new Unrecoverable(new Error(`${server.title} ended: ${said}; its log is ${logFile}`));
    }
    const response = await fetch(server.url, { method: "HEAD", signal: AbortSignal.timeout(2000) });
    return response.status < 500 ? true : notYet(`it answers ${response.status}; see ${logFile}`);
  });
}

/** Stops the lab's servers, with any arguments. */
export async function stopServers(lab: Lab): Promise<void> {
  await Promise.all(["cloud", "releases", "saas"].map((name) => stopServer(join(lab.folder, name))));
}
