import "reflect-metadata";
import { once } from "node:events";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { BasicConstraintsExtension, PemConverter, X509CertificateGenerator } from "@peculiar/x509";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { isOld, selfSigned } from "../../../../components/services/gpuMetrics/certificateProvider.ts";
import { answer, type Source } from "../../../../images/monitoring/gpu/api.ts";
import { scrape } from "../../../../images/monitoring/gpu/exporters.ts";
import { frontProxyOf, refusal } from "../../../../images/monitoring/gpu/frontProxy.ts";
import { makeApi } from "../../../../images/monitoring/gpu/serve.ts";

const source: Source = {
  pods: async (namespace, selector) =>
    namespace === "mcp" && selector === "app=a" ? ["a-1", "a-2", "a-pending"] : [],
  utilisation: async () =>
    new Map([
      ["mcp/a-1", 95],
      ["mcp/a-2", 37.5],
      ["other/a-1", 1],
    ]),
};
const base = "/apis/custom.metrics.k8s.io/v1beta2";
const ask = (path: string, method = "GET") => answer(method, `${base}${path}`, source);

describe("the API", () => {
  test("W2 discovery names the one metric", async () => {
    expect(await ask("")).toMatchObject({
      status: 200,
      body: {
        kind: "APIResourceList",
        groupVersion: "custom.metrics.k8s.io/v1beta2",
        resources: [
          { name: "pods/gpu_utilization", namespaced: true, kind: "MetricValueList", verbs: ["get"] },
        ],
      },
    });
  });

  test("W2 the pods that a selector chooses, without those that no exporter knows", async () => {
    const { status, body } = await ask("/namespaces/mcp/pods/%2A/gpu_utilization?labelSelector=app%3Da");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      kind: "MetricValueList",
      items: [
        { describedObject: { kind: "Pod", namespace: "mcp", name: "a-1" }, value: "95" },
        { describedObject: { name: "a-2" }, metric: { name: "gpu_utilization" }, value: "37500m" },
      ],
    });
    const { items } = body as { items: { timestamp: string }[] };
    expect(items).toHaveLength(2);
    expect(items[0]?.timestamp).toMatch(/^[-0-9]{10}T[0-9:]{8}Z$/);
    expect((await ask("/namespaces/mcp/pods/a-2/gpu_utilization")).body).toMatchObject({
      items: [{ value: "37500m" }],
    });
  });

  test.each([
    ["another metric", "/namespaces/mcp/pods/*/cpu", 404, "the one metric is gpu_utilization"],
    ["another kind", "/namespaces/mcp/services/a/gpu_utilization", 404, "is not here"],
    ["a pod without a GPU", "/namespaces/mcp/pods/a-pending/gpu_utilization", 404, "holds no GPU"],
    ["labels", "/namespaces/mcp/pods/*/gpu_utilization?metricLabelSelector=x%3Dy", 400, "has no labels"],
  ])("%s is refused in Kubernetes's own shape", async (_what, path, status, message) => {
    const refused = await ask(path);
    expect(refused).toMatchObject({ status, body: { kind: "Status", code: status, status: "Failure" } });
    expect((refused.body as { message: string }).message).toContain(message);
  });

  test("nothing can be written", async () => {
    expect((await ask("", "DELETE")).status).toBe(405);
  });
});

describe("who may ask", () => {
  const proxy = { ca: "ca", names: ["system:auth-proxy"] };
  test("S4 the front proxy, and nobody else", () => {
    expect(refusal({ authorized: true, commonName: "system:auth-proxy" }, proxy)).toBeUndefined();
    expect(refusal({ authorized: true, commonName: "x" }, { ...proxy, names: [] })).toBeUndefined();
    expect(refusal({ authorized: true, commonName: "kubelet" }, proxy)).toContain("is of kubelet");
    expect(refusal({ authorized: true, commonName: undefined }, proxy)).toContain("is of nobody");
    expect(refusal({ authorized: false, commonName: "system:auth-proxy" }, proxy)).toContain(
      "only Kubernetes",
    );
  });

  test("S4 a cluster that does not say who its front proxy is, is refused", () => {
    const data = { "requestheader-client-ca-file": "pem", "requestheader-allowed-names": '["a"]' };
    expect(frontProxyOf({ data })).toEqual({ ca: "pem", names: ["a"] });
    expect(() => frontProxyOf({ data: { "client-ca-file": "pem" } })).toThrow("requestheader-client-ca-file");
  });
});

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const newKeys = () => crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

/** A CA, and who it signs for. */
async function authority() {
  const keys = await newKeys();
  const issuer = "CN=front proxy";
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: issuer,
    keys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true)],
  });
  const client = async (name: string) => {
    const own = await newKeys();
    const signed = await X509CertificateGenerator.create({
      subject: [{ CN: [name] }],
      issuer,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
    });
    const key = PemConverter.encode(await crypto.subtle.exportKey("pkcs8", own.privateKey), "PRIVATE KEY");
    return { cert: signed.toString("pem"), key };
  };
  return { ca: ca.toString("pem"), client };
}

describe("over TLS", () => {
  const host = "gpu-metrics.monitoring.svc";
  let trusted: Awaited<ReturnType<typeof authority>>;
  let other: Awaited<ReturnType<typeof authority>>;
  let own: Awaited<ReturnType<typeof selfSigned>>;
  beforeAll(async () => {
    [trusted, other, own] = await Promise.all([authority(), authority(), selfSigned([host])]);
  });

  async function serve(from: Source = source) {
    const told: string[] = [];
    const frontProxy = { ca: trusted.ca, names: ["system:auth-proxy"] };
    const api = makeApi({ ...own, frontProxy, source: from, tell: (line) => told.push(line) });
    api.server.listen(0, "127.0.0.1");
    await once(api.server, "listening");
    onTestFinished(() => {
      api.server.closeAllConnections();
      api.server.close();
    });
    const { port } = api.server.address() as AddressInfo;
    const get = async (client: { cert?: string; key?: string } = {}, path = base) => {
      const call = request({
        port,
        path,
        host: "127.0.0.1",
        servername: host,
        ca: own.certificate,
        agent: false,
        ...client,
      });
      call.end();
      const [response] = await once(call, "response");
      let text = "";
      for await (const chunk of response) text += chunk;
      return { status: response.statusCode as number, body: JSON.parse(text) };
    };
    return { api, get, told };
  }

  test("S4 only the front proxy's certificate opens the door", async () => {
    const { get } = await serve();
    expect((await get(await trusted.client("system:auth-proxy"))).status).toBe(200);
    expect((await get()).status).toBe(401);
    expect((await get(await other.client("system:auth-proxy"))).status).toBe(401);
    const stranger = await get(await trusted.client("somebody"));
    expect(stranger).toMatchObject({ status: 401, body: { kind: "Status", reason: "Unauthorized" } });
    expect(stranger.body.message).toContain("is of somebody");
  });

  test("S4 another CA of the cluster is trusted from then on, the old one no more", async () => {
    const { api, get } = await serve();
    api.trust({ ca: other.ca, names: ["system:auth-proxy"] });
    expect((await get(await other.client("system:auth-proxy"))).status).toBe(200);
    expect((await get(await trusted.client("system:auth-proxy"))).status).toBe(401);
  });

  test("W2 exporters that do not answer are told to who asks, and the API goes on", async () => {
    const utilisation = () => Promise.reject(new Error("no GPU exporter answers"));
    const { get, told } = await serve({ ...source, utilisation });
    const client = await trusted.client("system:auth-proxy");
    const path = `${base}/namespaces/mcp/pods/*/gpu_utilization`;
    expect(await get(client, path)).toMatchObject({
      status: 503,
      body: { reason: "ServiceUnavailable", message: "no GPU exporter answers" },
    });
    expect(told).toEqual(["no GPU exporter answers"]);
    expect((await get(client)).status).toBe(200);
  });

  test("S4 its certificate lasts ten years, and is old in the last", () => {
    const year = 365 * 24 * 3600 * 1000;
    expect(isOld(own.certificate)).toBe(false);
    expect(isOld(own.certificate, Date.now() + 8.9 * year)).toBe(false);
    expect(isOld(own.certificate, Date.now() + 9.1 * year)).toBe(true);
  });
});

describe("exporters", () => {
  const exporter = async (status: number, text: string, address: string, port = 0) => {
    const server = createServer((_, response) => response.writeHead(status).end(text)).listen(port, address);
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };

  test("W2 every address behind the name is asked; one that fails is told and left out", async () => {
    const port = await exporter(200, "one", "127.0.0.1");
    await exporter(500, "broken", "127.0.0.2", port);
    const told: string[] = [];
    const url = `http://exporters.test:${port}/metrics`;
    const from = (addresses: string[]) =>
      scrape(
        url,
        (line) => told.push(line),
        async () => addresses,
      );
    expect(await from(["127.0.0.1", "127.0.0.2"])).toEqual(["one"]);
    expect(told).toEqual([expect.stringMatching(/127\.0\.0\.2:\d+: it answers 500: broken/)]);
    await expect(from(["127.0.0.2", "127.0.0.3"])).rejects.toThrow(/no GPU exporter answers.*ECONNREFUSED/);
  });
});
