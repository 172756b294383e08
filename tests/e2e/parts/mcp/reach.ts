import { CoreV1Api, DiscoveryV1Api } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { gatewaySessions } from "../../../../components/services/redis/logins.ts";
import { kubeconfig } from "../../lab.ts";
import { call, withClient } from "../../mcpClient.ts";
import { askRedis, inPod, variableOf } from "../../reach.ts";

/** What becomes of a connection that a server's pod opens: `open`, `silence`, or the reason why not. */
const dial = (app: string, host: string, port: number) =>
  inPod("mcp", `app.kubernetes.io/name=${app}`, "server", [
    "node",
    "-e",
    `require("node:dns").lookup("${host}", (unknown, host) => {
  if (unknown) return console.log("no address: " + unknown.code);
  const s = require("node:net").connect({ host, port: ${port}, timeout: 3000 });
  const end = (said) => { console.log(said); s.destroy(); };
  s.on("connect", () => end("open")).on("timeout", () => end("silence")).on("error", (e) => end(e.code));
});`,
  ]);

/** What Redis answers to each of these commands, with the login that the server `redis` itself has. */
const asServer = async (commands: string[]): Promise<string[]> => {
  const said = await inPod("mcp", "app.kubernetes.io/name=redis", "server", [
    "node",
    "-e",
    `const { env } = process;
const { hostname, port } = new URL(env.SOPHIA_REDIS_URL);
const read = (file) => require("node:fs").readFileSync(file, "utf8");
const password = read(env.SOPHIA_REDIS_PASSWORD_FILE).trim();
const tls = { host: hostname, port: Number(port), servername: hostname, ca: read(env.SOPHIA_REDIS_CA_FILE) };
const s = require("node:tls").connect(tls).setEncoding("utf8").setTimeout(10_000, () => s.destroy());
s.write([\`AUTH \${env.SOPHIA_REDIS_USER ?? "mcp"} \${password}\`, ...JSON.parse(process.argv[1]), "QUIT", ""].join("\\r\\n"));
s.on("data", (text) => process.stdout.write(text)).on("error", (e) => console.log(e.code));`,
    JSON.stringify(commands),
  ]);
  return said.split("\r\n").map((line) => line.trim());
};

/** A connection to a known address that a network policy does not let through. */
const kept = /^(silence|ECONNREFUSED)$/;

/** Whether a service of the namespace `mcp` has a pod that is ready behind this port. */
async function served(service: string, port: number): Promise<boolean> {
  const config = kubeconfig();
  const { spec } = await config
    .makeApiClient(CoreV1Api)
    .readNamespacedService({ namespace: "mcp", name: service });
  const { items } = await config.makeApiClient(DiscoveryV1Api).listNamespacedEndpointSlice({
    namespace: "mcp",
    labelSelector: `kubernetes.io/service-name=${service}`,
  });
  const ready = items.flatMap(({ endpoints }) => endpoints ?? []).some(({ conditions }) => conditions?.ready);
  return ready && spec?.ports?.some((each) => each.port === port) === true;
}

/** How far MCP servers reach, and what the one for Redis shows of it. */
export function mcpReach() {
  test("S4 a server reaches what its entry names; not Redis, another server, or an address beyond the cluster", async () => {
    const lambda = new URL(await variableOf("lambda-labs-cli", "SOPHIA_LAMBDA_API_URL"));
    const outside = Number(lambda.port) || (lambda.protocol === "https:" ? 443 : 80);
    const redis = "redis.data.svc.cluster.local";
    // There is somebody at each place, for those who may.
    expect(await dial("redis", redis, 6379)).toBe("open");
    expect(await dial("lambda-labs-cli", lambda.hostname, outside)).toBe("open");
    expect(await dial("sophia-infrastructure", "kubernetes.default.svc.cluster.local", 443)).toBe("open");
    expect([await served("gong", 8080), await served("mcp-gateway", 8090)]).toEqual([true, true]);
    // `memory` calls nobody.
    for (const [host, port] of [
      [redis, 6379],
      [lambda.hostname, outside],
      ["gong.mcp.svc.cluster.local", 8080],
      ["mcp-gateway.mcp.svc.cluster.local", 8090],
      ["kubernetes.default.svc.cluster.local", 443],
    ] as const) {
      expect([host, await dial("memory", host, port)]).toEqual([host, expect.stringMatching(kept)]);
    }
    // To one place is not to all.
    expect(await dial("redis", lambda.hostname, outside)).toMatch(kept);
    expect(await dial("lambda-labs-cli", redis, 6379)).toMatch(kept);
    expect(await dial("memory", "nowhere.mcp.svc.cluster.local", 8080)).toMatch(/^no address/);
  });

  test("M3 a client reads Redis through the one endpoint: what it is, and a key of it", async () => {
    const key = "e2e:mcp:greeting";
    await askRedis(`SET ${key} hello-from-the-test EX 300`);
    try {
      await withClient("2026-07-28", "/mcp", async (client) => {
        expect(await call(client, "redis_get_info")).toMatch(/version/i);
        expect(await call(client, "redis_scan_keys", { pattern: "e2e:mcp:*" })).toContain(key);
        expect(await call(client, "redis_read_key", { key })).toContain("hello-from-the-test");
        // Complete, so that nothing but the missing permission refuses them.
        const set = call(client, "redis_set_key", { key, value: "x", ttlSeconds: 60 });
        await expect(set).rejects.toThrow("This server only reads");
        await expect(call(client, "redis_delete_keys", { keys: [key] })).rejects.toThrow(
          "This server only reads",
        );
      });
      expect(await askRedis(`GET ${key}`)).toContain("hello-from-the-test");
    } finally {
      await askRedis(`DEL ${key}`);
    }
  });

  test("D3 S1 code in the server for Redis reads none of the gateway's sessions with its login, and changes nothing", async () => {
    const { database, prefix } = gatewaySessions;
    await withClient("2025-11-25", "/mcp", async (client) => {
      expect(await call(client, "redis_get_info")).toMatch(/version/i);
      const sessions = await askRedis(`-n ${database} --scan --pattern '${prefix}*'`);
      const [session = ""] = sessions.split("\n");
      expect(session.startsWith(prefix)).toBe(true);
      const read = [`SELECT ${database}`, `STRLEN ${session}`, `GETRANGE ${session} 0 -1`, `TYPE ${session}`];
      const change = [`SET ${session} x`, `DEL ${session}`, "FLUSHALL", "ACL LIST", "CONFIG GET requirepass"];
      expect(await asServer(["DBSIZE", ...read, ...change])).toEqual([
        "+OK",
        expect.stringMatching(/^:\d+$/),
        ...[...read, ...change].map(() => expect.stringMatching(/^-NOPERM/)),
        "+OK",
      ]);
    });
  });
}
