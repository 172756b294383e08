import { AppsV1Api, CoreV1Api, type V1Pod } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import type { Era } from "../../../../mcp/check/probe.ts";
import { kubeconfig, minutes } from "../../lab.ts";
import { type Client, call, eras, listsOfReplicas, withClient } from "../../mcpClient.ts";
import { isReady } from "../../reach.ts";

const namespace = "mcp";
/** Tools that these tests call. */
const called = ["redis_get_info", "memory_read_graph"];
const core = () => kubeconfig().makeApiClient(CoreV1Api);
const podsOf = async (app: string): Promise<V1Pod[]> =>
  (await core().listNamespacedPod({ namespace, labelSelector: `app.kubernetes.io/name=${app}` })).items;
const nameOf = ({ metadata }: V1Pod) => metadata?.name ?? "";

/** Waits until these pods are gone, and as many others are ready. */
const replaced = (app: string, old: string[], count: number) =>
  waitFor({ what: `${old} of ${app} to be replaced`, deadline: 240, interval: 0.5 }, async () => {
    const pods = await podsOf(app);
    const left = pods.map(nameOf).filter((name) => old.includes(name));
    const ready = pods.filter(isReady).length;
    return (left.length === 0 && ready === count) || notYet(`left: ${left}; ready: ${ready}`);
  });

/** Rolls a server, as a changed setting does. */
async function restart(name: string): Promise<void> {
  const path = "/spec/template/metadata/annotations/sophia.ai~1e2e";
  const body = [{ op: "add", path, value: new Date().toISOString() }];
  await kubeconfig().makeApiClient(AppsV1Api).patchNamespacedDeployment({ name, namespace, body });
}

interface Caller {
  era: Era;
  path: string;
  /** Left out: it lists the tools. */
  tool?: string;
}

/**
 * Calls a tool by each of these ways, one call after another in one connection each, until the work is done.
 *
 * @param work begins once each client has called
 * @returns calls by way, and the failures
 */
async function callsDuring(
  callers: Caller[],
  work: () => Promise<unknown>,
): Promise<{ calls: number[]; failures: string[] }> {
  const failures: string[] = [];
  const calls = callers.map(() => 0);
  let finished = false;
  const loop = (client: Client, { era, path, tool }: Caller, index: number) =>
    // Ten calls a second at most: what is tested is the rollout, not the load.
    waitFor({ what: `the end of the calls to ${path}`, deadline: 400, interval: 0.1 }, async () => {
      const failed = (error: Error) => failures.push(`${era} at ${path}: ${error.message}`);
      await (tool === undefined ? client.listTools() : call(client, tool)).catch(failed);
      calls[index] = (calls[index] ?? 0) + 1;
      return finished || notYet("the work is not done");
    });
  const loops = callers.map((caller, index) =>
    withClient(caller.era, caller.path, (client) => loop(client, caller, index)),
  );
  const begun = waitFor(
    { what: "each client to have called", deadline: 120, interval: 0.1 },
    async () => calls.every((count) => count > 0) || notYet(String(calls)),
  );
  try {
    await Promise.race([begun, Promise.all(loops)]);
    await work();
  } finally {
    finished = true;
    await Promise.all(loops);
  }
  return { calls, failures };
}

/** How often each of the gateway's pods has logged a call of this tool. */
async function callsByReplica(tool: string): Promise<Map<string, number>> {
  const pods = (await podsOf("mcp-gateway")).map(nameOf);
  const logs = await Promise.all(
    pods.map((name) => core().readNamespacedPodLog({ namespace, name, container: "gateway" })),
  );
  return new Map(pods.map((name, index) => [name, (logs[index] ?? "").split(`${tool}"`).length - 1]));
}

/** Calls a tool. @returns the gateway's pods that have served it */
async function replicasThatServe(client: Client, tool: string): Promise<string[]> {
  const before = await callsByReplica(tool);
  await call(client, tool);
  return waitFor(
    { what: `the call of ${tool} in a log of the gateway`, deadline: 60, interval: 0.5 },
    async () => {
      const after = await callsByReplica(tool);
      const served = [...after].flatMap(([name, count]) => (count > (before.get(name) ?? 0) ? [name] : []));
      return served.length > 0 ? served : notYet("no replica has logged it");
    },
  );
}

/**
 * Tests before these take servers away: a replica that listed tools meanwhile leaves theirs out for 30 s, also when it knows
 * that the server is back, and a session of the older revision that begins in that time has none of them to its end.
 */
const allOffered = () =>
  waitFor({ what: "every replica to offer all tools", deadline: 240, interval: 1 }, async () => {
    const lists = (await Promise.all(eras.map((era) => listsOfReplicas(era)))).flat();
    const short = lists.filter((names) => !called.every((name) => names.includes(name)));
    return short.length === 0 || notYet(`${short.length} of ${lists.length} lists lack some of ${called}`);
  });

/** That changes and lost pods cost no client a call. */
export function mcpRollout() {
  test(
    "M2 W3 a rollout of a server fails no call, at its own path and through the gateway",
    async () => {
      await allOffered();
      const app = "redis";
      const old = (await podsOf(app)).map(nameOf);
      const callers = eras.flatMap((era): Caller[] => [
        { era, path: "/mcp/redis", tool: "get_info" },
        { era, path: "/mcp", tool: "redis_get_info" },
      ]);
      const { calls, failures } = await callsDuring(callers, async () => {
        await restart(app);
        await replaced(app, old, 1);
      });
      expect(failures.join("\n")).toBe("");
      expect(Math.min(...calls), String(calls)).toBeGreaterThan(10);
    },
    20 * minutes,
  );

  test(
    "M2 W3 a rollout of a bridged server fails no call of revision 2026-07-28; a client of the older one begins a new session",
    async () => {
      const path = "/mcp/figma_context";
      const old = (await podsOf("figma-context")).map(nameOf);
      await withClient("2025-11-25", path, async (session) => {
        expect((await session.listTools()).tools).not.toEqual([]);
        const { calls, failures } = await callsDuring([{ era: "2026-07-28", path }], async () => {
          await restart("figma-context");
          await replaced("figma-context", old, 1);
        });
        expect(failures.join("\n")).toBe("");
        expect(Math.min(...calls), String(calls)).toBeGreaterThan(10);
        await expect(session.listTools()).rejects.toThrow(/session not found/i);
      });
      await withClient("2025-11-25", path, async (session) =>
        expect((await session.listTools()).tools).not.toEqual([]),
      );
    },
    20 * minutes,
  );

  test(
    "M3 W3 a session goes on at the other replica when its own is deleted, and no other call fails",
    async () => {
      await allOffered();
      const tool = "memory_read_graph";
      await withClient("2025-11-25", "/mcp", async (session) => {
        const [own = "", ...more] = await replicasThatServe(session, tool);
        expect(own).not.toBe("");
        expect(more).toEqual([]);
        const others: Caller[] = eras.map((era) => ({ era, path: "/mcp", tool: "redis_get_info" }));
        const { calls, failures } = await callsDuring(others, async () => {
          await core().deleteNamespacedPod({ namespace, name: own });
          await replaced("mcp-gateway", [own], 2);
        });
        expect(failures.join("\n")).toBe("");
        expect(Math.min(...calls), String(calls)).toBeGreaterThan(10);
        const now = await replicasThatServe(session, tool);
        expect(now).toHaveLength(1);
        expect(now).not.toContain(own);
      });
    },
    20 * minutes,
  );
}
