import { expect, test } from "vitest";
import { keyIn } from "../../lab/cloud/wire/auth.ts";
import { match } from "../../lab/cloud/wire/route.ts";
import { refusedRoutes, routes } from "../../lab/cloud/wire/routes.ts";
import { testCloud } from "./support/cloud.ts";

test("a key may come as bearer, as basic user, or bare after basic", () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  expect(keyIn("Bearer secret_a.b")).toBe("secret_a.b");
  expect(keyIn(basic("secret_a.b:"))).toBe("secret_a.b");
  expect(keyIn("Basic secret_a.b")).toBe("secret_a.b");
  expect(keyIn("Token secret_a.b")).toBeUndefined();
  expect(keyIn("Bearer")).toBeUndefined();
  expect(keyIn(undefined)).toBeUndefined();
});

test("keys are asked for, with Lambda's two texts, before anything else is said", async () => {
  const { api, key } = await testCloud();
  const message = async (path: string, authorization: string | null) => {
    const { status, json } = await api.call("GET", path, { authorization, wrong: true });
    return `${status} ${json.error?.message}`;
  };
  expect(await message("/instances", null)).toBe("401 No API key was provided.");
  expect(await message("/instances", "Bearer wrong")).toBe("401 API key was invalid, expired, or deleted.");
  expect(await message("/instances", `Token ${key}`)).toBe("401 API key was invalid, expired, or deleted.");
  expect(await message("/nowhere", null)).toBe("401 No API key was provided.");
  const basic = `Basic ${Buffer.from(`${key}:`).toString("base64")}`;
  expect((await api.call("GET", "/instances", { authorization: basic })).status).toBe(200);
});

test("an inactive account is refused everything, a forbidden one its instances", async () => {
  const { api, control } = await testCloud();
  const code = async (path: string) => {
    const { status, json } = await api.call("GET", path);
    return status === 200 ? 200 : `${status} ${json.error?.code}`;
  };
  await control.setAccount({ standing: "inactive" });
  expect(await code("/regions")).toBe("403 global/account-inactive");
  await control.setAccount({ standing: "forbidden" });
  expect(await code("/instances")).toBe("403 global/forbidden");
  expect(await code("/regions")).toBe(200);
});

test("an unknown path is 404, another method 405, an operation that is not emulated 501 with its name", async () => {
  const { api } = await testCloud();
  expect(await api.call("GET", "/nowhere", { wrong: true })).toMatchObject({
    status: 404,
    json: { error: { code: "global/not-found" } },
  });
  expect((await api.call("POST", "/file-systems", { wrong: true })).status).toBe(405);
  expect((await api.call("DELETE", "/regions", { wrong: true })).status).toBe(405);
  for (const { method, path, operation } of refusedRoutes) {
    const answer = await api.call(method, path.replaceAll(/\{\w+\}/g, "x"), { wrong: true });
    expect(answer).toMatchObject({ status: 501, json: { error: { code: "lab/not-emulated" } } });
    expect(answer.text).toContain(operation);
  }
});

test("literal paths win over those with a parameter", () => {
  const found = match(routes, "GET", "/firewall-rulesets/global");
  expect(found).toMatchObject({ found: "route", route: { operation: "getGlobalFirewallRuleset" } });
  expect(match(routes, "GET", "/instances/a%2Fb")).toMatchObject({ found: "route", id: "a/b" });
  expect(match(routes, "GET", "/instances/")).toMatchObject({ found: "nothing" });
});

test("bodies that are no JSON, too long or of unknown fields are refused", async () => {
  const { api } = await testCloud();
  const refused = async (body: unknown) => {
    const { status, json } = await api.call("POST", "/ssh-keys", { body, wrong: true });
    return `${status} ${json.error?.message}`;
  };
  expect(await refused("{")).toMatch(/^400 the body is not JSON/);
  expect(await refused({ name: "x", publicKey: "y" })).toMatch(/^400 .*publicKey/);
  expect(await refused([1])).toMatch(/^400 /);
  expect(await refused({ name: "x".repeat(4_000_001) })).toMatch(/^400 the body has/);
  expect((await api.call("GET", "/instances", { query: { nope: "1" }, wrong: true })).status).toBe(400);
});

test("instances come newest first, all at once or in pages when asked", async () => {
  const lab = await testCloud();
  const ids = [await lab.launched(), await lab.launched(), await lab.launched()].reverse();
  const read = async (query: Record<string, string> = {}) => {
    const { json } = await lab.api.call("GET", "/instances", { query });
    return { ids: json.data?.map(({ id }) => String(id)), token: json.page_token as unknown, json };
  };
  const all = await read();
  expect(all.ids).toEqual(ids);
  expect(all.json).not.toHaveProperty("page_token");
  const first = await read({ page_size: "2" });
  expect(first.ids).toEqual(ids.slice(0, 2));
  const second = await read({ page_size: "2", page_token: String(first.token) });
  expect(second).toMatchObject({ ids: ids.slice(2), token: null });
  expect((await lab.api.call("GET", "/instances", { query: { page_token: "none" } })).status).toBe(400);
  expect((await read({ cluster_id: "x" })).ids).toEqual([]);
});

test("fields that no document has are there, and can be turned off", async () => {
  const lab = await testCloud();
  const id = await lab.launched();
  expect(await lab.instance(id)).toMatchObject({
    is_reserved: false,
    workspace_id: expect.any(String),
    instance_type: { architecture: "x86_64" },
  });
  await lab.control.setQuirks({ undeclaredFields: false, privateIp: false });
  await lab.control.advance(240);
  const plain = await lab.instance(id);
  for (const field of ["is_reserved", "workspace_id", "first_healthy", "private_ip"])
    expect(plain).not.toHaveProperty(field);
  expect(plain).toMatchObject({ status: "active", ip: "127.20.0.11" });
});

test("a fault of the emulator is a 500 that says so, and is logged with its place", async () => {
  const lab = await testCloud({
    onRequest: (phase) => {
      if (phase === "handled") throw new Error("broken on purpose");
    },
  });
  expect((await lab.api.call("GET", "/regions", { offDocument: true })).status).toBe(500);
  expect(lab.lines.join("\n")).toMatch(/broken on purpose[\s\S]*wire\.test\.ts/);
});
