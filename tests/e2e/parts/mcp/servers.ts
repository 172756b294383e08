import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { kubeconfig, status } from "../../lab.ts";
import { access, asked, call, knock, listsOfReplicas, toolsOf, withClient } from "../../mcpClient.ts";
import { inPod } from "../../reach.ts";

const core = () => kubeconfig().makeApiClient(CoreV1Api);
const labelOf = (app: string) => `app.kubernetes.io/name=${app}`;
const podsOf = async (app: string) =>
  (await core().listNamespacedPod({ namespace: "mcp", labelSelector: labelOf(app) })).items;
const podOf = async (app: string) => (await podsOf(app))[0];
/** Of all its replicas. */
const logOf = async (app: string) => {
  const names = (await podsOf(app)).map(({ metadata }) => metadata?.name ?? "");
  const logs = names.map((name) => core().readNamespacedPodLog({ namespace: "mcp", name }));
  return (await Promise.all(logs)).join("\n");
};

/** The status, once every server that is on answers, and the gateway. The rest of the lab is changed by other parts meanwhile. */
const answeringStatus = () =>
  waitFor({ what: "every enabled server to answer", deadline: 240, interval: 1 }, async () => {
    const { report } = await status();
    const silent = report.mcpServers.filter(({ enabled, ready }) => enabled && !ready);
    const well = report.mcpServers.length > 0 && silent.length === 0 && report.mcpGateway?.ready === true;
    return well ? report : notYet(JSON.stringify([report.problem, report.mcpGateway, ...silent]));
  });

/** What the MCP servers and their gateway must show. */
export function mcp() {
  test("M1 M4 every enabled server answers, directly and through the gateway; every other says why it is off", async () => {
    const report = await answeringStatus();
    expect(report.mcpServers).toHaveLength(23);
    for (const { name, kind, enabled, ready, tools, reason } of report.mcpServers) {
      expect(["container", "stdio", "remote"]).toContain(kind);
      const wanted = enabled ? { ready: true, some: true } : { ready: false, some: false };
      expect({ name, ready, some: tools.length > 0, reason }).toEqual({
        name,
        ...wanted,
        reason: enabled ? undefined : expect.stringMatching(/./),
      });
    }
    expect(report.mcpServers.filter(({ enabled }) => enabled).length).toBeGreaterThanOrEqual(15);
    expect(report.mcpGateway).toMatchObject({ ready: true });
  });

  test("M3 S1 nobody gets in at any path without a token, or with another", async () => {
    const report = await answeringStatus();
    const own = report.mcpServers.flatMap(({ url }) => (url ? [new URL(url).pathname] : []));
    expect(own.length).toBeGreaterThanOrEqual(15);
    const other = `${access.token.slice(0, -1)}${access.token.endsWith("a") ? "b" : "a"}`;
    for (const path of ["/mcp", "/mcp/status", "/mcp/servers.json", ...own]) {
      for (const token of [undefined, "", other, access.token.slice(1)]) {
        const answer = await knock(path, "{}", token);
        expect({ path, ...answer }).toMatchObject({
          path,
          status: 401,
          text: expect.stringContaining("Authorization: Bearer"),
        });
      }
    }
  });

  test("M3 the list of servers names every one that runs, and leads to each", async () => {
    const report = await answeringStatus();
    const enabled = report.mcpServers.filter((server) => server.enabled);
    const { status: code, text } = await knock("/mcp/servers.json", undefined, access.token);
    expect(code).toBe(200);
    const { servers } = JSON.parse(text) as { servers: { name: string; remotes: { url: string }[] }[] };
    expect(servers.map(({ name }) => name.split("/")[1])).toEqual(enabled.map(({ name }) => name));
    const urls = servers.flatMap(({ remotes }) => remotes.map(({ url }) => url));
    expect(urls).toHaveLength(servers.length);
    // That these answer, the first test has seen.
    const answering = enabled.map(({ url }) => url ?? "https://sophia.lab/mcp");
    expect(urls).toEqual(answering);
  });

  test("M3 the live view says how each server behind the gateway is", async () => {
    const report = await answeringStatus();
    const apart = ["playwright"];
    const enabled = report.mcpServers.flatMap(({ name, enabled: is }) => (is ? [name] : []));
    const behind = enabled.filter((name) => !apart.includes(name)).sort();
    // One that misses a check on a busy machine is called healthy again two checks later.
    await waitFor(
      { what: "the gateway to call every server healthy", deadline: 180, interval: 1 },
      async () => {
        const { text } = await knock("/mcp/status", undefined, access.token);
        const { backends } = JSON.parse(text) as { backends: { name: string; health: string }[] };
        expect(backends.map(({ name }) => name).sort()).toEqual(behind);
        const others = backends.filter(({ health }) => health !== "healthy");
        return (
          others.length === 0 || notYet(others.map(({ name, health }) => `${name} ${health}`).join(", "))
        );
      },
    );
  });

  test("M3 the same is told as metrics, of every server that runs", async () => {
    const report = await answeringStatus();
    const ask = "fetch('http://127.0.0.1:8080/metrics').then((r) => r.text()).then(console.log)";
    const enabled = report.mcpServers.flatMap(({ name, enabled: is }) => (is ? [`${name} 1`] : [])).sort();
    await waitFor({ what: "metrics that call every server up", deadline: 180, interval: 1 }, async () => {
      const text = await inPod("monitoring", labelOf("gpu-metrics"), "api", ["node", "-e", ask]);
      const up = [...text.matchAll(/^mcp_server_up\{server="(\w+)"\} (\d)$/gm)].map(
        ([, name, is]) => `${name} ${is}`,
      );
      const same = text.includes("mcp_gateway_up 1") && up.sort().join() === enabled.join();
      return same || notYet(`they say ${up.join(", ")}, not ${enabled.join(", ")}`);
    });
  });

  test("S1 a token goes no further than the door", async () => {
    await Promise.all(["/mcp", "/mcp/memory"].map((path) => toolsOf(path)));
    for (const app of ["mcp-gateway", "memory", "redis"]) {
      expect([app, (await logOf(app)).includes(access.token)]).toEqual([app, false]);
    }
    expect((await knock("/mcp/docker", "{}", access.token)).status).toBe(404);
  });

  test("M3 the audit log says which client called which tool", async () => {
    await withClient("2026-07-28", "/mcp", (client) => call(client, "memory_read_graph"));
    const event = await waitFor(
      { what: "the call in the audit log", deadline: 60, interval: 1 },
      async () => {
        const events = (await logOf("mcp-gateway")).split("\n").filter((line) => line.includes('"AUDIT"'));
        return (
          events.findLast((line) => line.includes("memory_read_graph")) ?? notYet(`${events.length} others`)
        );
      },
    );
    expect(event).toMatch(/"user_agent":"generic; /);
  });

  test.each(["/mcp", "/mcp/redis", "/mcp/memory"])(
    "M3 bad input at %s is refused, and all go on",
    async (path) => {
      const bad = [
        "{not json",
        "[]",
        JSON.stringify({ jsonrpc: "2.0", id: 1, method: "x".repeat(10_000_000) }),
      ];
      for (const body of bad) {
        const answer = await knock(path, body, access.token).catch((error: Error) => error.message);
        // Of a body that is too large the door need not read the rest.
        if (typeof answer === "string") expect(answer).toMatch(/EPIPE|ECONNRESET/);
        else
          expect([body.slice(0, 20), answer.status >= 400 && answer.status < 500]).toEqual([
            body.slice(0, 20),
            true,
          ]);
      }
      expect((await toolsOf("/mcp")).length).toBeGreaterThan(20);
      expect((await toolsOf("/mcp/redis")).length).toBeGreaterThan(0);
    },
  );

  test("M3 a dead server is left out within 30 s, takes no other down, and is back 30 s after its return", async () => {
    const apps = kubeconfig().makeApiClient(AppsV1Api);
    const scale = (value: number) =>
      apps.patchNamespacedDeploymentScale({
        namespace: "mcp",
        name: "redis",
        body: [{ op: "replace", path: "/spec/replicas", value }],
      });
    const offers = async () =>
      (await listsOfReplicas()).filter((all) => all.some((name) => name.startsWith("redis_"))).length;
    // Its absence is news only where it was there, also in a second attempt.
    await waitFor({ what: "every replica to offer redis", deadline: 120, interval: 1 }, async () => {
      const count = await offers();
      return count === asked || notYet(`${count} of ${asked} lists have its tools`);
    });
    await scale(0);
    try {
      await waitFor({ what: "every replica to leave out redis", deadline: 30, interval: 1 }, async () => {
        const count = await offers();
        return count === 0 || notYet(`${count} lists still have its tools`);
      });
      expect((await knock("/mcp/redis", "{}", access.token)).status).toBe(503);
      await withClient("2025-11-25", "/mcp", async (client) =>
        expect(await call(client, "memory_read_graph")).toContain("entities"),
      );
    } finally {
      await scale(1);
    }
    await waitFor({ what: "redis to be ready", deadline: 180, interval: 0.5 }, async () =>
      (await podOf("redis"))?.status?.containerStatuses?.[0]?.ready ? true : notYet("its pod is not ready"),
    );
    await waitFor({ what: "every replica to offer redis again", deadline: 30, interval: 1 }, async () => {
      const count = await offers();
      return count === asked || notYet(`${count} of ${asked} lists have its tools`);
    });
  });

  test("M2 a bridged server whose child dies is started anew, and keeps what it knew", async () => {
    const graph = () => withClient("2026-07-28", "/mcp/memory", (client) => call(client, "read_graph"));
    const known = await graph();
    const state = async () => (await podOf("memory"))?.status?.containerStatuses?.[0];
    const before = (await state())?.restartCount ?? 0;
    const find = "grep -la server-memory/dist /proc/[0-9]*/cmdline";
    // The bridge, its shell and this one name the program, too.
    const script = `for f in $(${find}); do case $(tr '\\0' ' ' < $f) in "node /app/mcp/vendor/oneCallAtATime.ts "*) p=\${f#/proc/}; kill -9 \${p%/cmdline};; esac; done`;
    await inPod("mcp", labelOf("memory"), "server", ["sh", "-c", script]);
    await waitFor({ what: "the container to be started anew", deadline: 180, interval: 0.5 }, async () => {
      const now = await state();
      return now && now.restartCount > before && now.ready ? true : notYet(`restarts: ${now?.restartCount}`);
    });
    // Its endpoint comes back a moment after the pod is ready.
    await waitFor({ what: "memory to answer as before", deadline: 60, interval: 0.5 }, async () =>
      (await graph()) === known ? true : notYet("it knows something else"),
    );
  });

  test("M5 a client's configuration leads to the gateway and to what is not behind it", async () => {
    expect(access.urls).toMatchObject({
      sophia: "https://sophia.lab/mcp",
      sophia_playwright: "https://sophia.lab/mcp/playwright",
    });
    await withClient("2025-11-25", "/mcp/playwright", async (client) =>
      expect((await client.listTools()).tools.map(({ name }) => name)).toContain("browser_navigate"),
    );
  });
}
