import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { docker } from "../../../tools/docker/docker.ts";
import { type Platform, podOfServer, podsOf } from "./platform.ts";
import { Traffic } from "./traffic.ts";

const namespace = "mcp";
const dns = (server: string) => server.replaceAll("_", "-");
const say = (line: string) => process.stderr.write(`${line}\n`);
/** Seconds within which a dead server is marked, and is back after its return. */
const limit = 30;
/** Not killed: one keeps data on a volume and hangs later, one scales by its GPU. */
const spared = ["memory", "sophia_infrastructure"];

/** What the gateway calls servers to which it sends calls; one that was dead is `degraded` for some rounds more. */
const offered = ["healthy", "degraded"];

/** Seconds that something took. */
async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** What every replica of the gateway thinks of a server: each asks for itself. */
async function healthOf(platform: Platform, server: string): Promise<string[]> {
  const gateways = (await podsOf(platform, namespace)).filter(({ app }) => app === "mcp-gateway");
  return Promise.all(
    gateways.map(async ({ host, address }) => {
      const url = `http://${address}:8090/status`;
      const ask = ["exec", platform.hosts.get(host)?.container ?? "", "curl", "-sS", "--max-time", "5", url];
      const { backends } = JSON.parse((await docker(ask)).stdout) as {
        backends: { name: string; health: string }[];
      };
      return backends.find(({ name }) => name === server)?.health ?? "gone";
    }),
  );
}

interface Death {
  server: string;
  marked: number;
  /** Seconds from the moment at which its pod is ready until the gateway calls it well. */
  well: number;
  /** The same until it serves every client again, also one whose session began before. */
  back: number;
}

/** Waits until a server serves all its clients by calls that begin from now on. */
function served(server: string, traffic: Traffic): Promise<unknown> {
  const since = performance.now();
  return waitFor(
    { what: `${server} to serve all its clients`, deadline: limit, interval: 0.25 },
    async () => {
      const waiting = traffic.unserved(server, since);
      return waiting.length === 0 ? true : notYet(`not served yet: ${waiting.join(", ")}`);
    },
  );
}

/** Takes a server away without a word, and brings it back when the gateway has seen it. */
async function kill(platform: Platform, server: string, traffic: Traffic): Promise<Death> {
  const apps = platform.config.makeApiClient(AppsV1Api);
  const scale = (value: number) =>
    apps.patchNamespacedDeploymentScale({
      namespace,
      name: dns(server),
      body: [{ op: "replace", path: "/spec/replicas", value }],
    });
  const becomes = (what: string, right: (health: string) => boolean) =>
    waitFor({ what: `the gateway to call ${server} ${what}`, deadline: limit, interval: 0.25 }, async () => {
      const health = await healthOf(platform, server);
      return health.length > 0 && health.every(right) ? true : notYet(`its replicas say ${health}`);
    });
  const pod = podOfServer(await podsOf(platform, namespace), server);
  traffic.dead = server;
  await scale(0);
  try {
    await platform.config
      .makeApiClient(CoreV1Api)
      .deleteNamespacedPod({ namespace, name: pod.name, gracePeriodSeconds: 0 });
    const marked = await seconds(() => becomes("unhealthy", (health) => !offered.includes(health)));
    await scale(1);
    await waitFor({ what: `${server} to be ready`, deadline: 180, interval: 0.25 }, async () =>
      podOfServer(await podsOf(platform, namespace), server).ready ? true : notYet("its pod is not ready"),
    );
    const well = await seconds(() => becomes("well", (health) => offered.includes(health)));
    const back = well + (await seconds(() => served(server, traffic)));
    if (back > limit)
      throw new Error(
        `${server} served all its clients ${back.toFixed(1)} s after its return, not within ${limit}`,
      );
    return { server, marked, well, back };
  } finally {
    await scale(1);
    await traffic.settle();
    traffic.dead = undefined;
  }
}

/** Stops the program behind the bridge without ending it. @returns seconds until it is served again */
async function hang(platform: Platform, traffic: Traffic): Promise<number> {
  const host = platform.hosts.get("mcp-node")?.container ?? "";
  // The bridge and its shell name the program, too.
  const program = "^[^ ]*node /app/mcp/vendor/oneCallAtATime.ts ";
  const before = podOfServer(await podsOf(platform, namespace), "memory").restarts;
  await docker(["exec", host, "pkill", "-STOP", "-f", program]);
  return seconds(async () => {
    await waitFor({ what: "memory to be started anew", deadline: 120, interval: 0.5 }, async () => {
      const { restarts, ready } = podOfServer(await podsOf(platform, namespace), "memory");
      return restarts > before && ready ? true : notYet(`restarts: ${restarts}`);
    });
    await served("memory", traffic);
  });
}

/**
 * Kills servers one after another while all are called.
 * @returns Markdown
 * @throws when a call to another server failed or was late, or the gateway was late
 */
export async function failures(platform: Platform, victims: number): Promise<string> {
  const federated = platform.servers.filter(
    ({ enabled, federated, kind }) => enabled && federated && kind !== "remote",
  );
  const chosen = federated
    .map(({ name }) => name)
    .filter((name) => !spared.includes(name))
    .slice(0, victims);
  if (chosen.length < victims)
    throw new Error(`only ${chosen.length} servers can be killed; enable ${victims}`);
  await waitFor({ what: "all servers to be well before", deadline: 120, interval: 1 }, async () => {
    const unready = (await podsOf(platform, namespace)).filter(({ ready }) => !ready).map(({ app }) => app);
    return unready.length === 0 ? true : notYet(`not ready: ${unready}`);
  });
  const traffic = await Traffic.start(platform);
  const deaths: Death[] = [];
  let hung: number;
  try {
    for (const server of chosen) {
      const death = await kill(platform, server, traffic);
      deaths.push(death);
      say(
        `${server}: marked after ${death.marked.toFixed(1)} s, well ${death.well.toFixed(1)} s and back for all clients ${death.back.toFixed(1)} s after its return`,
      );
    }
    traffic.dead = "memory";
    hung = await hang(platform, traffic);
    say(`memory hung: served again after ${hung.toFixed(1)} s`);
  } finally {
    await traffic.stop();
  }
  const { calls, faults, slowest } = traffic;
  if (faults.length > 0) {
    throw new Error(
      `${faults.length} of ${calls} calls to others failed or were late:\n  ${faults.slice(0, 20).join("\n  ")}`,
    );
  }
  const worst = (value: (death: Death) => number) => Math.max(...deaths.map(value)).toFixed(1);
  return [
    `| servers killed one after another | calls to the others meanwhile | failed | the slowest of them | marked after, at most | called well after their return, at most | back for all clients, at most | one that hangs is served again after |`,
    "|--:|--:|--:|--:|--:|--:|--:|--:|",
    `| ${deaths.length} | ${calls.toLocaleString("en")} | 0 | ${slowest.toFixed(1)} s | ${worst(({ marked }) => marked)} s | ${worst(({ well }) => well)} s | ${worst(({ back }) => back)} s | ${hung.toFixed(0)} s |`,
  ].join("\n");
}
