import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { somePublicKey, testCloud } from "./support/cloud.ts";

test("a key, a file system and a ruleset stay in use until the instance can no longer be read", async () => {
  const lab = await testCloud();
  const make = async (path: string, body: object) =>
    String((await lab.api.call("POST", path, { body })).json.data?.id);
  const fileSystem = await make("/filesystems", { name: "store", region: "us-west-1" });
  const ruleset = await make("/firewall-rulesets", { name: "web", region: "us-west-1", rules: [] });
  const instance = await lab.launched({
    file_system_names: ["store"],
    firewall_rulesets: [{ id: ruleset }],
  });
  const key = String((await lab.api.call("GET", "/ssh-keys")).json.data?.[0]?.id);
  const refusals = async () => {
    const paths = [`/ssh-keys/${key}`, `/filesystems/${fileSystem}`, `/firewall-rulesets/${ruleset}`];
    const answers = await Promise.all(paths.map((path) => lab.api.call("DELETE", path)));
    return answers.map(({ status, json }) => (status === 200 ? "deleted" : String(json.error?.code)));
  };
  const inUse = [
    "global/invalid-parameters",
    "filesystems/filesystem-in-use",
    "firewall-rulesets/firewall-ruleset-in-use",
  ];
  await lab.control.advance(240);
  expect(await refusals()).toEqual(inUse);
  await lab.api.call("POST", "/instance-operations/terminate", { body: { instance_ids: [instance] } });
  expect(await refusals()).toEqual(inUse);
  await lab.control.advance(89);
  expect((await lab.api.call("GET", "/file-systems")).json.data).toMatchObject([{ is_in_use: true }]);
  expect(await refusals()).toEqual(inUse);
  await lab.control.advance(1);
  expect(await refusals()).toEqual(["deleted", "deleted", "deleted"]);
});

test("a generated key pair is a pair", async () => {
  const lab = await testCloud();
  const { json } = await lab.api.call("POST", "/ssh-keys", { body: { name: "pair" } });
  const [type, blob] = String(json.data?.public_key).split(" ");
  expect(type).toBe("ssh-rsa");
  const { n } = createPublicKey(createPrivateKey(String(json.data?.private_key))).export({ format: "jwk" });
  const bytes = Buffer.from(blob ?? "", "base64");
  expect(bytes.subarray(-256).toString("base64url")).toBe(n);
  expect(JSON.stringify(await lab.control.state())).not.toContain("PRIVATE KEY");
});

test("keys: one of a name; the code of the refusals is a setting, as nobody has seen it", async () => {
  const lab = await testCloud();
  const body = { name: "k", public_key: somePublicKey };
  await lab.launched();
  const { json } = await lab.api.call("GET", "/ssh-keys");
  const again = () => lab.api.call("POST", "/ssh-keys", { body, offDocument: true });
  const remove = () => lab.api.call("DELETE", `/ssh-keys/${json.data?.[0]?.id}`, { offDocument: true });
  expect(await again()).toMatchObject({
    status: 400,
    json: {
      error: { code: "global/invalid-parameters", message: expect.stringContaining("name must be unique") },
    },
  });
  await lab.control.setQuirks({ duplicateKeyCode: "global/duplicate", keyInUseCode: "ssh-keys/key-in-use" });
  expect(await again()).toMatchObject({ status: 400, json: { error: { code: "global/duplicate" } } });
  expect(await remove()).toMatchObject({
    status: 400,
    json: { error: { code: "ssh-keys/key-in-use", message: "Key is currently in use, cannot delete" } },
  });
  const wrong = await lab.api.call("POST", "/ssh-keys", { body: { name: "x", public_key: "no key" } });
  expect(wrong.status).toBe(400);
  expect((await lab.api.call("DELETE", "/ssh-keys/none")).status).toBe(404);
});

test("file systems: quota, unknown region and unknown id", async () => {
  const lab = await testCloud();
  const create = (name: string, region = "us-west-1") =>
    lab.api.call("POST", "/filesystems", { body: { name, region } });
  await lab.control.setAccount({ quotas: { fileSystems: 1 } });
  expect((await create("a", "mars-1")).status).toBe(400);
  expect((await create("a")).status).toBe(200);
  expect(await create("b")).toMatchObject({ json: { error: { code: "global/quota-exceeded" } } });
  expect(await lab.api.call("DELETE", "/filesystems/none")).toMatchObject({
    status: 404,
    json: { error: { code: "global/object-does-not-exist", message: "Filesystem was not found." } },
  });
});

test("a file system's folder goes with it, and no other", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cloud-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const lab = await testCloud({ fileSystems: folder });
  const ids = [];
  for (const name of ["a", "b"]) {
    const { json } = await lab.api.call("POST", "/filesystems", { body: { name, region: "us-west-1" } });
    const id = String(json.data?.id);
    mkdirSync(join(folder, id));
    writeFileSync(join(folder, id, "data"), "kept");
    ids.push(id);
  }
  await lab.api.call("DELETE", `/filesystems/${ids[0]}`);
  expect(readdirSync(folder)).toEqual([ids[1]]);
});

test("firewall rules: ports are required but for icmp, a bare address is a /32", async () => {
  const { api } = await testCloud();
  const put = (rule: object) => api.call("PUT", "/firewall-rules", { body: { data: [rule] } });
  const tcp = { protocol: "tcp", source_network: "192.0.2.1", description: "" };
  expect((await put(tcp)).status).toBe(400);
  expect((await put({ ...tcp, port_range: [2, 1] })).status).toBe(400);
  expect((await put({ ...tcp, protocol: "icmp", port_range: [1, 1] })).status).toBe(400);
  const stored = await put({ ...tcp, port_range: [22, 22] });
  expect(stored.json.data).toMatchObject([{ source_network: "192.0.2.1/32" }]);
});

test("a fresh account lets in ping and SSH only", async () => {
  const { api } = await testCloud();
  const { json } = await api.call("GET", "/firewall-rules");
  expect(json.data?.map(({ protocol }) => String(protocol))).toEqual(["icmp", "tcp"]);
});

test("rulesets: quota, unknown region, partial change", async () => {
  const { api, control } = await testCloud();
  const body = { name: "web", region: "us-west-1", rules: [] };
  expect((await api.call("POST", "/firewall-rulesets", { body: { ...body, region: "mars-1" } })).status).toBe(
    400,
  );
  const { json } = await api.call("POST", "/firewall-rulesets", { body });
  const path = `/firewall-rulesets/${json.data?.id}`;
  const renamed = await api.call("PATCH", path, { body: { name: "api" } });
  expect(renamed.json.data).toMatchObject({ name: "api", rules: [], region: { name: "us-west-1" } });
  expect((await api.call("PATCH", path, { body: { region: "x" }, wrong: true })).status).toBe(400);
  await control.setAccount({ quotas: { rulesets: 1 } });
  expect((await api.call("POST", "/firewall-rulesets", { body })).status).toBe(400);
});

test("audit events tell what was done, by kind and by time, in pages", async () => {
  const lab = await testCloud();
  const id = await lab.launched();
  const read = (query: Record<string, string> = {}) => lab.api.call("GET", "/audit-events", { query });
  expect((await read()).json.data?.map((event) => `${event.resource_name} ${event.action}`)).toEqual([
    "ssh_key created",
    "instance launched",
  ]);
  expect((await read({ resource_type: "cloud.instance" })).json.data).toMatchObject([
    { resource_lrns: [`lrn:cloud:instance:${id}`], additional_details: { region: "us-west-1" } },
  ]);
  expect((await read({ end: "2020-01-01T00:00:00Z" })).json.data).toEqual([]);
  expect((await lab.api.call("GET", "/audit-events", { query: { start: "yesterday" } })).status).toBe(400);
  expect((await read({ page_token: "none" })).status).toBe(400);
  for (let index = 0; index < 60; index += 1)
    await lab.api.call("PATCH", "/firewall-rulesets/global", { body: { rules: [] } });
  const first = await read();
  expect(first.json.data).toHaveLength(50);
  const second = await read({ page_token: String(first.json.page_token) });
  expect(second.json.data).toHaveLength(12);
  expect(second.json.page_token).toBeNull();
});
