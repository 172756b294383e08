import { readFileSync } from "node:fs";
import { AdmissionregistrationV1Api, CoreV1Api, NetworkingV1Api } from "@kubernetes/client-node";
import pg from "pg";
import { expect, test } from "vitest";
import { namespaceNames } from "../../../components/network/names.ts";
import { files } from "../../../lab/lab.ts";
import type { Era } from "../../../mcp/check/probe.ts";
import { run } from "../../../tools/exec.ts";
import { healthyStatus, kubeconfig, lab, status } from "../lab.ts";
import { askRedis, connectThroughNginx, forward, inPod, redisCli, statusCode } from "../reach.ts";

/** With what redis-cli trusts Redis's certificate. */
const trusting = ["--tls", "--cacert", "/run/secrets/tls/ca.crt"];

/** What a fresh lab must show. */
export function freshLab() {
  test("L1 L2 K2 K5 two hosts are up, the MCP node is called so and offers four GPU slices", async () => {
    const { code, report } = await healthyStatus();
    expect(report.problem).toBeUndefined();
    expect(report.hosts.map(({ name, ok, checks }) => ({ name, ok, checks }))).toEqual([
      { name: "backend", ok: true, checks: { disk: "ok", memory: "ok", k3s: "ok", gpu: "ok" } },
      { name: "mcp", ok: true, checks: { disk: "ok", memory: "ok", k3s: "ok", gpu: "ok" } },
    ]);
    expect(report.hosts.map(({ since }) => Number.isNaN(Date.parse(since ?? "")))).toEqual([false, false]);
    const nodes = report.nodes.map(({ name, ok, gpuSlices }) => ({ name, ok, gpuSlices }));
    expect(nodes).toContainEqual({ name: "mcp-node", ok: true, gpuSlices: 4 });
    expect(nodes).toContainEqual(expect.objectContaining({ name: "backend", ok: true }));
    expect(report.releases.map((release) => release.name).sort()).toEqual([
      "nginx",
      "nvidia-device-plugin",
      "postgres",
      "redis",
    ]);
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
      expect(named(await call("list_pods", { namespace: "mcp" })).join()).toMatch(/sophia-infrastructure-/);
      const instances = await call("list_instances");
      expect(instances.items).toHaveLength(2);
      expect(instances.items[0]).toMatchObject({ status: "active", type: "gpu_1x_a10", region: "us-west-1" });
      await connection.close();
    },
  );

  test("N1 plain HTTP is sent to HTTPS, /health answers, an unknown path is 404", async () => {
    const { report } = await status();
    const ingress = report.hosts[0]?.address ?? "";
    expect(await statusCode("http://sophia.lab/mcp/x", ingress)).toBe("308");
    expect(await statusCode("https://sophia.lab/health", ingress)).toBe("200");
    expect(await statusCode("https://sophia.lab/nowhere", ingress)).toBe("404");
  });

  test("D1 each of the four databases answers a login that may do nothing else, over verified TLS, and not without", async () => {
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
    const ca = await secret("postgres-tls", "ca.crt");
    const [user, password] = [await secret(login, "username"), await secret(login, "password")];
    const pod = (
      await core.listNamespacedPod({ namespace: "data", labelSelector: "cnpg.io/podRole=instance" })
    ).items[0];
    const tunnel = await forward(pod?.metadata?.name ?? "", 5432);
    const base = { host: "127.0.0.1", port: tunnel.port, user, password, database: "sophia_staging" };
    // A connection that is lost between two queries says so in the next one, not as an error of nobody.
    const connected = async (database: string) => {
      const client = new pg.Client({ ...base, database, ssl: { ca, servername: "postgres-rw" } });
      client.on("error", () => undefined);
      await client.connect();
      return client;
    };
    const client = await connected("sophia_staging");
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
    for (const { datname } of rows) {
      const one = await connected(datname);
      expect((await one.query("select current_database() as name")).rows).toEqual([{ name: datname }]);
      await expect(one.query("create table public.of_the_probe ()"), datname).rejects.toThrow(
        /permission denied/,
      );
      await expect(one.query("select rolpassword from pg_authid"), datname).rejects.toThrow(
        /permission denied/,
      );
      await one.end();
    }
    await expect(new pg.Client({ ...base, ssl: false }).connect()).rejects.toThrow(/no encryption|pg_hba/);
    tunnel.server.close();
  });

  test("D1 Kubernetes trusts the operator of PostgreSQL by the program's certificate, not by one of its own", async () => {
    const core = kubeconfig().makeApiClient(CoreV1Api);
    const admission = kubeconfig().makeApiClient(AdmissionregistrationV1Api);
    const name = "cnpg-mutating-webhook-configuration";
    const { webhooks = [] } = await admission.readMutatingWebhookConfiguration({ name });
    const { metadata, data } = await core.readNamespacedSecret({
      namespace: "cnpg-system",
      name: "cnpg-webhook-cert",
    });
    expect(metadata?.ownerReferences).toBeUndefined();
    expect(webhooks.length).toBeGreaterThan(0);
    for (const { clientConfig } of webhooks) expect(clientConfig.caBundle).toBe(data?.["tls.crt"]);
  });

  test("D3 Redis has logins, eviction, RDB and AOF as set, and answers through its service", async () => {
    const ask = (line: string) => askRedis(`-h redis ${line}`);
    expect(await ask("PING")).toContain("PONG");
    expect(await ask("CONFIG GET maxmemory-policy")).toContain("allkeys-lru");
    expect(await ask("CONFIG GET maxmemory")).toContain(String(256 * 1024 * 1024));
    expect(await ask("CONFIG GET appendonly")).toContain("yes");
    expect(await ask("CONFIG GET save")).toContain("900 1 300 100 60 10000");
    expect(await redisCli(...trusting, "PING")).toContain("NOAUTH");
  });

  test("S4 Redis takes no connection without TLS, and none that does not trust its certificate", async () => {
    const said = (...words: string[]) =>
      redisCli("-h", "redis", ...words, "PING").catch((error: Error) => error.message);
    expect(await said(...trusting)).toContain("NOAUTH");
    expect(await said()).toMatch(/Connection reset|closed the connection/);
    // The authorities that the image has.
    expect(await said("--tls")).toMatch(/certificate verify failed/);
  });

  test("S4 every namespace of ours walls its pods in: Pod Security and default-deny", async () => {
    const core = kubeconfig().makeApiClient(CoreV1Api);
    const levels = Object.fromEntries(
      (await core.listNamespace()).items.map((one) => [
        one.metadata?.name,
        one.metadata?.labels?.["pod-security.kubernetes.io/enforce"],
      ]),
    );
    const restricted = namespaceNames.map((name) => [name, "restricted"] as const);
    expect(levels).toMatchObject({ ...Object.fromEntries(restricted), gpu: "privileged" });
    const networking = kubeconfig().makeApiClient(NetworkingV1Api);
    const walls = (await networking.listNetworkPolicyForAllNamespaces()).items.filter(
      ({ metadata }) => metadata?.name === "default-deny",
    );
    expect(walls.map(({ metadata }) => metadata?.namespace).sort()).toEqual([...namespaceNames].sort());
    // Every pod, and no flow that is allowed.
    for (const { spec, metadata } of walls) {
      const { podSelector = {}, policyTypes, ingress = [], egress = [] } = spec ?? {};
      expect({ podSelector, policyTypes, ingress, egress }, metadata?.namespace).toEqual({
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        ingress: [],
        egress: [],
      });
    }
    const refused = core.createNamespacedPod({
      namespace: "mcp",
      body: {
        metadata: { name: "root" },
        spec: { containers: [{ name: "root", image: "x:1", securityContext: { privileged: true } }] },
      },
    });
    await expect(refused).rejects.toThrow(/violates PodSecurity/);
  });

  test("S4 a pod reaches what it is meant to reach, and no other pod of ours", async () => {
    // A name that is not found refuses nobody.
    const script = `
getent ahosts "$0" > /dev/null || { echo "no address of $0"; exit; }
said=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$0" "$1" 2>&1)
case "$? $said" in
  "0 "*) echo open ;;
  "124 "*) echo silence ;;
  *"Connection refused"*) echo refused ;;
  *) echo "$said" ;;
esac`;
    const reach = (host: string, port: number) =>
      inPod("data", "app.kubernetes.io/name=redis", "redis", ["bash", "-c", script, host, String(port)]);
    expect(await reach("redis", 6379)).toBe("open");
    // Same namespace, and another one.
    expect(await reach("postgres-rw", 5432)).toMatch(/^(silence|refused)$/);
    expect(await reach("sophia-infrastructure.mcp", 8080)).toMatch(/^(silence|refused)$/);
    expect(await reach("nowhere.mcp", 8080)).toBe("no address of nowhere.mcp");
  });

  test("K5 M2 sophia_infrastructure runs on the MCP node, with one GPU slice", async () => {
    const core = kubeconfig().makeApiClient(CoreV1Api);
    const { items } = await core.listNamespacedPod({ namespace: "mcp" });
    const own = items.filter(
      ({ metadata, status: { phase } = {} }) =>
        metadata?.name?.startsWith("sophia-infrastructure-") && phase === "Running",
    );
    expect(own.length).toBeGreaterThan(0);
    for (const { spec } of own) {
      expect(spec?.nodeName).toBe("mcp-node");
      const slices = spec?.containers.map(({ resources }) => resources?.limits?.["nvidia.com/gpu"]);
      expect(slices?.filter((one) => one !== undefined)).toEqual(["1"]);
    }
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
}
