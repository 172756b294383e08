import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { docker } from "../../../lab/machines/engine/docker.ts";
import { Client } from "./client.ts";
import { type Platform, podOfServer, podsOf } from "./platform.ts";
import { Traffic } from "./traffic.ts";

const namespace = "mcp";
const dns = (server: string) => server.replaceAll("_", "-");
const say = (line: string) => process.stderr.write(`${line}\n`);
/** Seconds within which a dead server is marked, and is back after its return. */
const limit = 30;
const victims = 10;
/** Not killed: one keeps data on a volume and hangs later, one scales by its GPU. */
const spared = ["memory", "sophia_infrastructure"];

/** Seconds that something took. */
async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** What the gateway thinks of each server, by its name. */
async function healthOf({ door, tokens }: Platform): Promise<Map<string, string>> {
  const client = new Client({ host: door.address, port: 443, tls: { name: door.name, ca: door.ca } });
  try {
    const { status, body } = await client.call(
      `GET /mcp/status HTTP/1.1\r\nhost: ${door.name}\r\nauthorization: Bearer ${tokens[0]}\r\n\r\n`,
    );
    if (status !== 200) throw new Error(`/mcp/status answers ${status} ${body.slice(0, 200)}`);
    const { backends } = JSON.parse(body) as { backends: { name: string; health: string }[] };
    return new Map(backends.map(({ name, health }) => [name, health]));
  } finally {
    client.close();
  }
}

interface Death {
  server: string;
  marked: number;
  back: number;
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
      const health = (await healthOf(platform)).get(server) ?? "gone";
      return right(health) ? true : notYet(`it says ${health}`);
    });
  const pod = podOfServer(await podsOf(platform, namespace), server);
  traffic.dead = server;
  await scale(0);
  try {
    await platform.config
      .makeApiClient(CoreV1Api)
      .deleteNamespacedPod({ namespace, name: pod.name, gracePeriodSeconds: 0 });
    const marked = await seconds(() => becomes("unhealthy", (health) => health !== "healthy"));
    await scale(1);
    await waitFor({ what: `${server} to be ready`, deadline: 180, interval: 0.25 }, async () =>
      podOfServer(await podsOf(platform, namespace), server).ready ? true : notYet("its pod is not ready"),
    );
    const back = await seconds(() => becomes("healthy", (health) => health === "healthy"));
    return { server, marked, back };
  } finally {
    await scale(1);
    await traffic.settle();
    traffic.dead = undefined;
  }
}

/** Stops the program behind the bridge without ending it. @returns seconds until it is served again */
async function hang(platform: Platform): Promise<number> {
  const host = platform.hosts.get("mcp-node")?.container ?? "";
  const program = "^node /app/mcp/vendor/node_modules/@modelcontextprotocol/server-memory/";
  const before = podOfServer(await podsOf(platform, namespace), "memory").restarts;
  await docker(["exec", host, "pkill", "-STOP", "-f", program]);
  return seconds(() =>
    waitFor({ what: "memory to be started anew", deadline: 120, interval: 0.5 }, async () => {
      const { restarts, ready } = podOfServer(await podsOf(platform, namespace), "memory");
      return restarts > before && ready ? true : notYet(`restarts: ${restarts}`);
    }),
  );
}

/**
 * Kills servers one after another while all are called.
 * @returns Markdown
 * @throws when a call to another server failed, or the gateway was late
 */
export async function failures(platform: Platform): Promise<string> {
  const federated = platform.servers.filter(
    ({ enabled, federated, kind }) => enabled && federated && kind !== "remote",
  );
  const chosen = federated
    .map(({ name }) => name)
    .filter((name) => !spared.includes(name))
    .slice(0, victims);
  if (chosen.length < victims)
    throw new Error(`only ${chosen.length} servers can be killed; enable ${victims}`);
  const traffic = await Traffic.start(platform);
  const deaths: Death[] = [];
  let hung: number;
  try {
    for (const server of chosen) {
      const death = await kill(platform, server, traffic);
      deaths.push(death);
      say(
        `${server}: marked after ${death.marked.toFixed(1)} s, back ${death.back.toFixed(1)} s after its return`,
      );
    }
    traffic.dead = "memory";
    hung = await hang(platform);
    say(`memory hung: served again after ${hung.toFixed(1)} s`);
  } finally {
    await traffic.stop();
  }
  const { calls, faults } = traffic;
  if (faults.length > 0) {
    throw new Error(
      `${faults.length} of ${calls} calls to others failed:\n  ${faults.slice(0, 20).join("\n  ")}`,
    );
  }
  const worst = (value: (death: Death) => number) => Math.max(...deaths.map(value)).toFixed(1);
  return [
    `| servers killed one after another | calls to the others meanwhile | failed | marked after, at most | back after their return, at most | one that hangs is served again after |`,
    "|--:|--:|--:|--:|--:|--:|",
    `| ${deaths.length} | ${calls.toLocaleString("en")} | 0 | ${worst(({ marked }) => marked)} s | ${worst(({ back }) => back)} s | ${hung.toFixed(0)} s |`,
  ].join("\n");
}
