import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { CoreV1Api, Exec, PortForward } from "@kubernetes/client-node";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../lab/exec.ts";
import { files } from "../../lab/lab.ts";
import { connect, type Era } from "../../mcp/probe.ts";
import { change, command, commandUntil, kubeconfig, lab, status, up } from "./lab.ts";

const minutes = 60_000;

beforeAll(async () => {
  // Interrupted in the middle, as by somebody who changed their mind; the next one goes on from there.
  const interrupted = await commandUntil(/-harden created/, "up").catch((error: Error) => error.message);
  expect(interrupted).toContain("stopped");
  const first = await up();
  expect(first.code, first.said.slice(-4000)).toBe(0);
}, 20 * minutes);

afterAll(async () => {
  await command("down");
}, 5 * minutes);

/** Text of a pod's command. */
async function inPod(namespace: string, label: string, container: string, args: string[]): Promise<string> {
  const config = kubeconfig();
  const { items } = await config
    .makeApiClient(CoreV1Api)
    .listNamespacedPod({ namespace, labelSelector: label });
  const pod = items[0]?.metadata?.name ?? "";
  const { PassThrough } = await import("node:stream");
  const out = new PassThrough();
  let text = "";
  out.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    new Exec(config)
      .exec(namespace, pod, container, args, out, out, null, false, ({ status: ended, message }) =>
        ended === "Success" ? resolve(text.trim()) : reject(new Error(`${message}: ${text}`)),
      )
      .catch(reject);
  });
}

describe("a fresh lab", () => {
  test("L1 L2 K2 K5 two hosts are up, the MCP node is called so and offers four GPU slices", async () => {
    const { code, report } = await status();
    expect(report.problem).toBeUndefined();
    expect(report.hosts.map(({ name, ok, checks }) => ({ name, ok, checks }))).toEqual([
      { name: "backend", ok: true, checks: { disk: "ok", memory: "ok", k3s: "ok", gpu: "ok" } },
      { name: "mcp", ok: true, checks: { disk: "ok", memory: "ok", k3s: "ok", gpu: "ok" } },
    ]);
    const nodes = report.nodes.map(({ name, ok, gpuSlices }) => ({ name, ok, gpuSlices }));
    expect(nodes).toContainEqual({ name: "mcp-node", ok: true, gpuSlices: 4 });
    expect(nodes).toContainEqual(expect.objectContaining({ name: "backend", ok: true }));
    expect(report.releases.map((release) => release.name).sort()).toEqual([
      "nginx",
      "nvidia-device-plugin",
      "postgres",
      "redis",
    ]);
    expect(report.healthy).toBe(true);
    expect(code).toBe(0);
  });

  test.each<Era>(["2025-11-25", "2026-07-28"])(
    "M4 a client of revision %s uses the server through Nginx over TLS",
    async (era) => {
      const connection = await connectThroughNginx(era);
      const call = async (name: string, args = {}) => {
        const result = await connection.client.callTool({ name, arguments: args });
        expect(result.isError, JSON.stringify(result.content)).toBeFalsy();
        return JSON.parse((result.content as { text: string }[])[0]?.text ?? "null");
      };
      const named = (list: { items: { name: string }[] }) => list.items.map((item) => item.name).sort();
      expect(named(await call("list_hosts"))).toEqual(["backend", "mcp"]);
      expect(named(await call("list_nodes"))).toEqual(["backend", "mcp-node"]);
      expect(named(await call("list_pods", { namespace: "mcp" }))[0]).toMatch(/^sophia-infrastructure-/);
      const instances = await call("list_instances");
      expect(instances.items).toHaveLength(2);
      expect(instances.items[0]).toMatchObject({ status: "active", type: "gpu_1x_a10", region: "us-west-1" });
      await connection.close();
    },
  );

  test("N1 plain HTTP is sent to HTTPS, /health answers, an unknown path is 404", async () => {
    const { report } = await status();
    const ingress = report.hosts[0]?.address ?? "";
    const curl = (url: string) =>
      run("curl", [
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        "--cacert",
        files(lab).ca,
        "--resolve",
        `sophia.lab:443:${ingress}`,
        "--resolve",
        `sophia.lab:80:${ingress}`,
        url,
      ]);
    expect((await curl("http://sophia.lab/mcp/x")).stdout.trim()).toBe("308");
    expect((await curl("https://sophia.lab/health")).stdout.trim()).toBe("200");
    expect((await curl("https://sophia.lab/nowhere")).stdout.trim()).toBe("404");
  });

  test("D1 the four databases answer a least-privilege login over verified TLS, and not without", async () => {
    const config = kubeconfig();
    const core = config.makeApiClient(CoreV1Api);
    const secret = async (name: string, key: string) =>
      Buffer.from(
        (await core.readNamespacedSecret({ namespace: "data", name })).data?.[key] ?? "",
        "base64",
      ).toString();
    const names = (await core.listNamespacedSecret({ namespace: "data" })).items.map(
      (one) => one.metadata?.name ?? "",
    );
    const login = names.find((name) => name.endsWith("probe")) ?? "";
    const ca = await secret(names.find((name) => name.endsWith("-ca")) ?? "", "ca.crt");
    const [user, password] = [await secret(login, "username"), await secret(login, "password")];
    const pod = (
      await core.listNamespacedPod({ namespace: "data", labelSelector: "cnpg.io/podRole=instance" })
    ).items[0];
    const tunnel = await forward(pod?.metadata?.name ?? "", 5432);
    const base = { host: "127.0.0.1", port: tunnel.port, user, password, database: "sophia_staging" };
    const client = new pg.Client({ ...base, ssl: { ca, servername: "postgres-rw" } });
    await client.connect();
    const { rows } = await client.query(
      "select datname from pg_database where datname like 'sophia_%' order by 1",
    );
    expect(rows.map((row) => row.datname)).toEqual([
      "sophia_analytics",
      "sophia_cache",
      "sophia_monitoring",
      "sophia_staging",
    ]);
    await client.end();
    await expect(new pg.Client({ ...base, ssl: false }).connect()).rejects.toThrow(/no encryption|pg_hba/);
    tunnel.server.close();
  });

  test("D3 Redis has password, eviction, RDB and AOF as set, and answers through its service", async () => {
    const ask = (line: string) =>
      inPod("data", "app.kubernetes.io/name=redis", "redis", [
        "sh",
        "-c",
        `REDISCLI_AUTH="$(cat "$(find /etc /run /var/run -name password 2>/dev/null | head -1)")" redis-cli -h redis ${line}`,
      ]);
    expect(await ask("PING")).toContain("PONG");
    expect(await ask("CONFIG GET maxmemory-policy")).toContain("allkeys-lru");
    expect(await ask("CONFIG GET maxmemory")).toContain(String(256 * 1024 * 1024));
    expect(await ask("CONFIG GET appendonly")).toContain("yes");
    expect(await inPod("data", "app.kubernetes.io/name=redis", "redis", ["redis-cli", "PING"])).toContain(
      "NOAUTH",
    );
  });

  test("S4 every namespace of ours walls its pods in: Pod Security and default-deny", async () => {
    const core = kubeconfig().makeApiClient(CoreV1Api);
    const levels = Object.fromEntries(
      (await core.listNamespace()).items.map((one) => [
        one.metadata?.name,
        one.metadata?.labels?.["pod-security.kubernetes.io/enforce"],
      ]),
    );
    expect(levels).toMatchObject({
      ingress: "restricted",
      data: "restricted",
      mcp: "restricted",
      gpu: "privileged",
    });
    const refused = core.createNamespacedPod({
      namespace: "mcp",
      body: {
        metadata: { name: "root" },
        spec: { containers: [{ name: "root", image: "x:1", securityContext: { privileged: true } }] },
      },
    });
    await expect(refused).rejects.toThrow(/violates PodSecurity/);
  });

  test("S1 no generated secret stands in the clear in state, logs or process list", async () => {
    const core = kubeconfig().makeApiClient(CoreV1Api);
    const secrets = (await core.listNamespacedSecret({ namespace: "data" })).items.flatMap((one) =>
      ["password", "ca.key", "tls.key"].flatMap((key) => one.data?.[key] ?? []),
    );
    const values = secrets
      .map((value) => Buffer.from(value, "base64").toString())
      .filter((value) => value.length >= 16);
    values.push(
      readFileSync(files(lab).apiKey, "utf8"),
      readFileSync(files(lab).sshKey, "utf8").split("\n")[2] ?? "",
    );
    expect(values.length).toBeGreaterThan(5);
    const state = (await run("find", [files(lab).backend, "-type", "f", "-exec", "cat", "{}", "+"])).stdout;
    const processes = (await run("ps", ["axww", "-o", "args"])).stdout;
    const places = { state, log: readFileSync(files(lab).upLog, "utf8"), processes };
    for (const [place, text] of Object.entries(places)) {
      expect(
        values.filter((value) => text.includes(value)),
        place,
      ).toEqual([]);
    }
  });
});

describe("changes", () => {
  test(
    "a second up changes nothing",
    async () => {
      const again = await up();
      expect(again.code, again.said.slice(-3000)).toBe(0);
      expect(again.changed).toEqual([]);
    },
    5 * minutes,
  );

  test(
    "Redis's memory changes Redis alone",
    async () => {
      change((config) => {
        config.redis = { ...config.redis, memory: "128Mi" } as never;
      });
      const { code, changed, said } = await up();
      expect(code, said.slice(-3000)).toBe(0);
      expect(changed).toEqual(["updated redis-service-release"]);
      const { report } = await status();
      expect(report.healthy).toBe(true);
    },
    5 * minutes,
  );

  test(
    "K1 an extra label reaches the running node, and touches nothing else",
    async () => {
      change((config) => {
        config.redis = { ...config.redis, memory: "128Mi" } as never;
        const hosts = config.hosts as unknown as { name: string; labels?: Record<string, string> }[];
        for (const host of hosts) if (host.name === "mcp") host.labels = { "sophia.ai/rack": "7" };
      });
      const { code, changed, said } = await up();
      expect(code, said.slice(-3000)).toBe(0);
      expect(changed.every((line) => line.includes("cluster-mcp-"))).toBe(true);
      expect(changed.length).toBeGreaterThan(0);
      const node = await kubeconfig().makeApiClient(CoreV1Api).readNode({ name: "mcp-node" });
      expect(node.metadata?.labels?.["sophia.ai/rack"]).toBe("7");
    },
    5 * minutes,
  );
});

describe("bad input", () => {
  test(
    "malformed settings are all told at once, and nothing is touched",
    async () => {
      change((config) => {
        config.redis = { memroy: "1Gi" } as never;
        config.budget = { monthlyUsd: -1 } as never;
      });
      const { code, changed, said } = await up();
      expect(code).toBe(1);
      expect(said).toContain("2 settings of stack local cannot be used (nothing was created)");
      expect(said).toContain("redis.memroy: unknown setting; did you mean memory?");
      expect(said).toContain("budget.monthlyUsd:");
      expect(changed).toEqual([]);
    },
    5 * minutes,
  );

  test(
    "L7 a budget that is too small stops the update before anything is launched",
    async () => {
      change((config) => {
        config.budget = { monthlyUsd: 100 } as never;
      });
      const { code, changed, said } = await up();
      expect(code).toBe(1);
      expect(said).toContain("its budget is $100");
      expect(changed).toEqual([]);
    },
    5 * minutes,
  );
});

describe("three hosts", () => {
  test(
    "L2 K2 a host is added by settings alone",
    async () => {
      change((config) => {
        config.hosts = [
          { name: "backend", roles: ["server", "ingress", "data"] },
          { name: "mcp", roles: ["agent", "mcp"] },
          { name: "frontend", roles: ["agent", "ingress"] },
        ] as never;
      });
      const { code, said } = await up();
      expect(code, said.slice(-4000)).toBe(0);
      const { report } = await status();
      expect(report.healthy).toBe(true);
      expect(report.nodes.map((node) => node.name).sort()).toEqual(["backend", "frontend", "mcp-node"]);
      expect(report.mcpServers.every((server) => server.ready)).toBe(true);
    },
    10 * minutes,
  );
});

describe("down", () => {
  test(
    "leaves no container, volume, network, process or folder of the lab",
    async () => {
      const { report } = await status();
      const address = report.hosts[0]?.address ?? "";
      const { code, stderr } = await command("down");
      expect(code, stderr).toBe(0);
      const engine = (await run("docker", ["info"], { allowFailure: true })).code === 0;
      for (const kind of engine ? ["container", "volume", "network"] : []) {
        const list = await run("docker", [
          kind,
          "ls",
          ...(kind === "container" ? ["-a"] : []),
          "-q",
          "--filter",
          `label=ai.sophia.lab=${lab.name}`,
        ]);
        expect(list.stdout, kind).toBe("");
      }
      const mine = (await run("ps", ["axww", "-o", "args"])).stdout
        .split("\n")
        .filter((line) => line.includes(`${lab.name}/`) && line.includes("lab/"));
      expect(mine.filter((line) => !line.includes("vitest") && !line.includes("tests/run.ts"))).toEqual([]);
      expect(existsSync(files(lab).backend)).toBe(false);
      await expect(
        fetch(`http://${address}:8080/health`, { signal: AbortSignal.timeout(2000) }),
      ).rejects.toThrow();
    },
    5 * minutes,
  );
});

async function connectThroughNginx(era: Era) {
  const { report } = await status();
  const url = report.mcpServers[0]?.url ?? "";
  return connect({
    url,
    era,
    ca: readFileSync(files(lab).ca, "utf8"),
    address: report.hosts[0]?.address ?? "",
  });
}

/** A local port that leads into a pod. */
function forward(pod: string, port: number): Promise<{ server: Server; port: number }> {
  const tunnel = new PortForward(kubeconfig());
  const server = createServer((socket) => {
    // The library writes on after the client has hung up.
    socket.on("error", () => socket.destroy());
    tunnel.portForward("data", pod, [port], socket, null, socket).catch(() => socket.destroy());
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({ server, port: typeof address === "object" && address ? address.port : 0 });
    });
  });
}
