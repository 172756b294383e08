import { availableParallelism } from "node:os";
import type { Load, Measured } from "./client.ts";
import { type Findings, goalsOf, median } from "./goals.ts";
import { Group, machineCpu } from "./groups.ts";
import { Loader } from "./loader.ts";
import { groupOf, type Platform, podOfServer, podsOf, sessionOf } from "./platform.ts";
import { callOf } from "./requests.ts";

const clients = 32;
const rounds = 3;
const say = (line: string) => process.stderr.write(`${line}\n`);

/** Whose processor time is told: what lies on the way of a call. */
const onTheWay = { nginx: "Nginx", "kube-dns": "DNS", "mcp-gateway": "gateway" };

/** Seconds after which the gateway lists all tools anew, as part of the calls under way: each replica once in such a time. */
const listed = 30;

interface Path {
  name: string;
  load: Pick<Load, "door" | "requests">;
  /** Seconds that it is called at least. Default: any number. */
  least?: number;
}

/** One path in one round. Processor time is in milliseconds a call, by who took it. */
interface Sample extends Measured {
  cpu: Record<string, number>;
  /** Part of the machine that worked for others meanwhile. */
  others: number;
}

/** A server that is written here, whose answer is at hand; one that is bridged; and the gateway before both. */
async function pathsOf(platform: Platform, servers: { own: string; bridged: string }): Promise<Path[]> {
  const { door, tokens } = platform;
  const outside = { host: door.address, port: 443, tls: { name: door.name, ca: door.ca } };
  const era = "2026-07-28";
  // Each client has a limit of calls a second.
  const by = (path: string, tool: string) =>
    tokens.map((token) => callOf({ host: door.name, path, token }, era, tool));
  const direct = (address: string, tool: string) => ({
    door: { host: address, port: 8080 },
    requests: [callOf({ host: address, path: "/mcp" }, era, tool)],
  });
  const session = await sessionOf(platform);
  const [token] = tokens;
  const older = Array.from({ length: clients }, (_, id) =>
    callOf(
      { host: door.name, path: "/mcp", token, session, id },
      "2025-11-25",
      "sophia_infrastructure_list_hosts",
    ),
  );
  return [
    { name: "own server, directly", load: direct(servers.own, "list_hosts") },
    {
      name: "own server, `/mcp/<server>`",
      load: { door: outside, requests: by("/mcp/sophia_infrastructure", "list_hosts") },
    },
    { name: "bridged server, directly", load: direct(servers.bridged, "read_graph") },
    {
      name: "bridged server, `/mcp/<server>`",
      load: { door: outside, requests: by("/mcp/memory", "read_graph") },
    },
    {
      name: "own server, `/mcp`",
      load: { door: outside, requests: by("/mcp", "sophia_infrastructure_list_hosts") },
      least: listed,
    },
    {
      name: "bridged server, `/mcp`",
      load: { door: outside, requests: by("/mcp", "memory_read_graph") },
      least: listed,
    },
    {
      name: "own server, `/mcp`, client of 2025-11-25",
      load: { door: outside, requests: older },
      least: listed,
    },
  ];
}

/** Calls every path by turns, so that what else the machine does meets all alike. @returns samples by path */
async function sample(platform: Platform, loader: Loader, seconds: number): Promise<Map<string, Sample[]>> {
  const pods = await podsOf(platform, "mcp", "ingress", "kube-system");
  const apps = [...Object.keys(onTheWay), "sophia-infrastructure", "memory"];
  const groups = new Map(
    apps.map((app) => [app, pods.filter((pod) => pod.app === app).map((pod) => groupOf(platform, pod))]),
  ).set("clients", [loader.group]);
  const hosts = [...platform.hosts.values()].map(({ container }) => new Group(container));
  const now = () => ({
    at: performance.now(),
    machine: machineCpu(),
    hosts: hosts.reduce((sum, host) => sum + host.cpu(), 0),
    groups: new Map(
      [...groups].map(([app, each]) => [app, each.reduce((sum, group) => sum + group.cpu(), 0)]),
    ),
  });
  const samples = new Map<string, Sample[]>();
  const paths = await pathsOf(platform, {
    own: podOfServer(pods, "sophia_infrastructure").address,
    bridged: podOfServer(pods, "memory").address,
  });
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, load, least = 0 } of paths) {
      const before = now();
      const measured = await loader.run({ ...load, clients, warmUp: 1, seconds: Math.max(seconds, least) });
      const after = now();
      if (measured.calls === 0)
        throw new Error(
          `${name}: no call was answered within ${seconds} s: ${measured.failure ?? "silence"}; try again when less else runs`,
        );
      const cpu = Object.fromEntries(
        [...groups.keys()].map((app) => [app, (after.groups.get(app) ?? 0) - (before.groups.get(app) ?? 0)]),
      );
      const inHosts = after.hosts - before.hosts;
      const known = inHosts + (cpu.clients ?? 0);
      const capacity = (after.at - before.at) * availableParallelism();
      cpu.rest =
        inHosts - Object.entries(cpu).reduce((sum, [app, took]) => sum + (app === "clients" ? 0 : took), 0);
      const taken: Sample = {
        ...measured,
        cpu: Object.fromEntries(Object.entries(cpu).map(([app, took]) => [app, took / measured.sent])),
        others: Math.max(0, (after.machine - before.machine - known) / capacity),
      };
      samples.set(name, [...(samples.get(name) ?? []), taken]);
      const fault = measured.failed > 0 ? `, ${measured.failed} failed: ${measured.failure}` : "";
      say(
        `round ${round}, ${name}: ${Math.round(measured.perSecond)} calls/s, p95 ${measured.p95.toFixed(0)} ms${fault}`,
      );
    }
  }
  return samples;
}

/** Figures of a path: the median of its rounds. */
function row(name: string, samples: readonly Sample[]): string {
  const of = (value: (sample: Sample) => number) => median(samples.map(value));
  const cpu = (...apps: string[]) =>
    of((sample) => apps.reduce((sum, app) => sum + (sample.cpu[app] ?? 0), 0)).toFixed(2);
  const cells = [
    name,
    Math.round(of(({ perSecond }) => perSecond)).toLocaleString("en"),
    of(({ p50 }) => p50).toFixed(1),
    of(({ p95 }) => p95).toFixed(0),
    cpu("clients"),
    cpu("nginx"),
    cpu("mcp-gateway"),
    cpu("sophia-infrastructure", "memory"),
    cpu("rest", "kube-dns"),
    `${Math.round(of(({ others }) => others) * 100)} %`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/**
 * Calls of 32 clients with kept connections, directly and by every way that clients have.
 * @returns Markdown, with the goals that were missed
 * @throws when a call failed
 */
export async function load(platform: Platform, seconds: number): Promise<Findings> {
  const loader = await Loader.start(platform);
  try {
    const samples = await sample(platform, loader, seconds);
    const rows = [...samples].map(([name, each]) => row(name, each));
    const { lines, missed } = goalsOf(samples);
    const failed = [...samples.values()].flat().reduce((sum, one) => sum + one.failed, 0);
    if (failed > 0) throw new Error(`${failed} calls failed; see above`);
    const text = [
      "| path | calls/s | p50 ms | p95 ms | CPU ms a call: clients | Nginx | gateway | server | rest of the hosts | machine busy with other work |",
      "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
      ...rows,
      "",
      ...lines.map((line) => `- ${line}`),
    ].join("\n");
    return { text, missed };
  } finally {
    loader.stop();
  }
}
