import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import * as http from "../../../components/core/http/errors.ts";
import type { Clock } from "../../../components/core/wait.ts";
import { createClient } from "../../../lambda/client/client.ts";
import * as errors from "../../../lambda/client/errors.ts";
import type { Limiter } from "../../../lambda/client/limiter.ts";
import type { LaunchRequest } from "../../../lambda/client/wire.ts";
import { unlimited } from "../../support/lambda/limiter.ts";

interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}
type Reply = { status?: number; json?: unknown; text?: string; headers?: Record<string, string> } | Error;

/** A client whose replies are given one by one; the last one is given again and again. */
async function clientWith(replies: Reply[], retryDeadline = 30) {
  const sent: Sent[] = [];
  const turns: string[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const limiter = (name: string): Limiter => ({
    turn: async () => void turns.push(name),
    pause: async (ms) => void turns.push(`pause ${ms}`),
    held: async () => 0,
  });
  const api = await createClient({
    apiUrl: "https://lambda.example/api/v1/",
    apiKey: "secret_team_0123.abc",
    requestsPerSecond: 1,
    launchSpacing: 12,
    retryDeadline,
    clock,
    limiters: { all: limiter("any"), launch: limiter("launch") },
    fetch: async (url, init) => {
      const body = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
      const headers = init?.headers as Record<string, string>;
      sent.push({ method: init?.method ?? "", url: String(url), headers, body });
      const reply = replies[Math.min(sent.length, replies.length) - 1] as Reply;
      if (reply instanceof Error) throw reply;
      const text = reply.text ?? JSON.stringify(reply.json);
      return new Response(text, { status: reply.status ?? 200, headers: reply.headers ?? {} });
    },
  });
  return { api, sent, turns };
}

const networkError = (code: string) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(`it was ${code}`), { code }) });
const ok = (data: unknown): Reply => ({ json: { data } });
const refused = (code: string, status = 400): Reply => ({ status, json: { error: { code, message: "no" } } });
const launch: LaunchRequest = {
  region_name: "us-west-1",
  instance_type_name: "gpu_1x_a10",
  ssh_key_names: ["k"],
  name: "n",
  image: { family: "f" },
  tags: [],
};
const instance = (id: string) => ({
  id,
  status: "active",
  ssh_key_names: ["k"],
  file_system_names: [],
  region: { name: "us-west-1", description: "California, USA" },
  instance_type: { name: "gpu_1x_a10", price_cents_per_hour: 129, specs: { gpus: 1, new_field: 1 } },
  ip: null,
  is_reserved: false,
  jupyter_token: "t0k",
});

test("requests carry the key, and JSON where there is a body", async () => {
  const { api, sent } = await clientWith([ok([]), ok({ id: "i", name: "n", public_key: "p" })]);
  await api.listSshKeys();
  await api.createSshKey({ name: "n", public_key: "p" });
  expect(sent).toMatchObject([
    { method: "GET", url: "https://lambda.example/api/v1/ssh-keys", body: undefined },
    { method: "POST", body: { name: "n", public_key: "p" }, headers: { "content-type": "application/json" } },
  ]);
  for (const { headers } of sent) expect(headers.authorization).toBe("Bearer secret_team_0123.abc");
});

test("instances: unknown fields and nulls are tolerated, tokens are not even decoded, pages are followed", async () => {
  const { api, sent } = await clientWith([
    { json: { data: [instance("a")], page_token: "next page" } },
    { json: { data: [instance("b")], page_token: null } },
  ]);
  const all = await api.listInstances();
  expect(all.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(all[0]?.ip).toBeUndefined();
  expect(JSON.stringify(all)).not.toContain("t0k");
  expect(sent[1]?.url).toBe("https://lambda.example/api/v1/instances?page_token=next+page");
});

test("reading or deleting what does not exist is no failure", async () => {
  const { api } = await clientWith([refused("global/object-does-not-exist", 404)]);
  expect(await api.getInstance("a/b")).toBeUndefined();
  expect(await api.getRuleset("x")).toBeUndefined();
  expect(await api.terminate("x")).toBe(false);
  await api.deleteSshKey("x");
  await api.deleteFileSystem("x");
  await api.deleteRuleset("x");
});

test("ids are escaped on their way into a path", async () => {
  const { api, sent } = await clientWith([ok(instance("x"))]);
  await api.getInstance("../firewall-rules?x");
  expect(sent[0]?.url).toBe("https://lambda.example/api/v1/instances/..%2Ffirewall-rules%3Fx");
});

test("a termination counts only when Lambda names the instance", async () => {
  expect(await (await clientWith([ok({ terminated_instances: [{ id: "x" }] })])).api.terminate("x")).toBe(
    true,
  );
  expect(await (await clientWith([ok({ terminated_instances: [] })])).api.terminate("x")).toBe(false);
});

test("429 is not JSON, delays all requests, and is retried, for launches too", async () => {
  const limited = { status: 429, text: "error code: 1015" };
  const { api, sent, turns } = await clientWith([
    limited,
    { ...limited, headers: { "retry-after": "7" } },
    ok({ instance_ids: ["i"] }),
  ]);
  expect(await api.launch(launch)).toBe("i");
  expect(sent).toHaveLength(3);
  expect(turns).toEqual(["launch", "any", "pause 3000", "launch", "any", "pause 7000", "launch", "any"]);
});

test.each([
  ["a lost reply", networkError("UND_ERR_SOCKET"), http.ReplyLost],
  ["a failure that is not known", networkError("NEW_CODE"), http.ReplyLost],
  ["a failure without cause", new TypeError("fetch failed"), http.ReplyLost],
  ["a 502 page", { status: 502, text: "<html>" }, http.ServerFault],
  ["a reply that is not JSON", { text: "ok" }, http.ServerFault],
  ["a reply without ids", ok({ instance_ids: [] }), http.ServerFault],
  ["a refusal", refused("global/quota-exceeded"), errors.QuotaExceeded],
])("L5 a launch is never sent again after %s", async (_, reply, Class) => {
  const { api, sent } = await clientWith([reply]);
  await expect(api.launch(launch)).rejects.toBeInstanceOf(Class);
  expect(sent).toHaveLength(1);
});

test.each(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"])(
  "L5 a launch that cannot have been sent (%s) is tried again",
  async (code) => {
    const { api, sent } = await clientWith([networkError(code), ok({ instance_ids: ["i"] })]);
    expect(await api.launch(launch)).toBe("i");
    expect(sent).toHaveLength(2);
  },
);

test("reads and deletes are retried until the deadline, which the error names", async () => {
  const { api, sent } = await clientWith([networkError("ECONNRESET"), { status: 500, text: "x" }, ok({})]);
  await api.deleteFileSystem("f");
  expect(sent).toHaveLength(3);
  const down = await clientWith([networkError("ECONNREFUSED")]);
  await expect(down.api.catalogue()).rejects.toThrow(
    /GET \/instance-types: cannot reach https:\/\/lambda.example.*ECONNREFUSED \(retried for 30 s\).*lambda.apiUrl/,
  );
  expect(down.sent.length).toBeGreaterThan(5);
  const once = await clientWith([networkError("ECONNREFUSED")], 0);
  await expect(once.api.catalogue()).rejects.toBeInstanceOf(http.Unreachable);
  expect(once.sent).toHaveLength(1);
});

test.each([
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
])("a certificate that is not trusted (%s) fails at once", async (code) => {
  const { api, sent } = await clientWith([networkError(code)]);
  const failure: unknown = await api.catalogue().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(http.Untrusted);
  expect(String(failure)).toContain(code);
  await expect(api.launch(launch)).rejects.toBeInstanceOf(http.Untrusted);
  expect(sent).toHaveLength(2);
});

test("a real server with a self-signed certificate is refused at once, with advice", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lambda-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, name);
  const kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost";
  const args = [...kind.split(" "), "-keyout", file("key"), "-out", file("cert")];
  execFileSync("openssl", args, { stdio: "ignore" });
  let asked = 0;
  const server = createServer({ key: readFileSync(file("key")), cert: readFileSync(file("cert")) }, () => {
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const api = await createClient({
    apiUrl: `https://127.0.0.1:${port}/api/v1`,
    apiKey: "secret_team_0123.abc",
    requestsPerSecond: 100,
    launchSpacing: 0,
    retryDeadline: 120,
    limiters: { all: unlimited, launch: unlimited },
  });
  await expect(api.listInstances()).rejects.toThrow(
    /GET \/instances: https:\/\/127.*presents a certificate that is not trusted: .*DEPTH_ZERO_SELF_SIGNED_CERT.*NODE_EXTRA_CA_CERTS/,
  );
  expect(asked).toBe(0);
});

test("a reply that is not as documented is reported with the path", async () => {
  const { api } = await clientWith([ok([{ ...instance("a"), region: "us-west-1" }])], 0);
  await expect(api.listInstances()).rejects.toThrow(/not as documented: data\.0\.region/);
});

test("the key never gets into an error, whatever comes back", async () => {
  const key = "secret_team_0123.abc";
  for (const reply of [
    { status: 500, text: `bad key ${key}` },
    { status: 400, json: { error: { code: "x", message: `key ${key}`, suggestion: key } } },
    new TypeError("fetch failed", { cause: new Error(`header ${key}`) }),
  ] as Reply[]) {
    const { api } = await clientWith([reply], 0);
    const failure: unknown = await api.launch(launch).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(http.ApiError);
    expect(String(failure)).toContain("[secret]");
    expect(`${failure} ${JSON.stringify(failure)}`).not.toContain(key);
  }
});
