import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { connect, probe } from "../../../../../mcp/check/probe.ts";
import { testCloud } from "../../../../cloud/support/cloud.ts";
import { judged } from "../../../../conformance/judged.ts";
import { fakeKubernetes } from "../../../support/kubernetesApi.ts";

const program = fileURLToPath(
  new URL("../../../../../mcp/servers/sophia_infrastructure/main.ts", import.meta.url),
);

interface Launched {
  child: ChildProcess;
  said: () => string;
  ended: Promise<number | null>;
}

function launch(environment: Record<string, string>): Launched {
  const child = spawn(process.execPath, [program], { env: { PATH: process.env.PATH ?? "", ...environment } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, ended, said: () => output };
}

/** The server as its pod runs it: everything outside it by environment and mounted files. */
async function deployed() {
  const [api, cloud] = await Promise.all([fakeKubernetes(), testCloud({ onRequest: judged() })]);
  const folder = mkdtempSync(join(tmpdir(), "pod-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [hosts, key] = [join(folder, "hosts.json"), join(folder, "key")];
  writeFileSync(hosts, JSON.stringify([{ name: "backend" }]));
  writeFileSync(key, `${cloud.key}\n`);
  const url = new URL(api.url);
  const launched = launch({
    PORT: "0",
    SOPHIA_HOSTS_FILE: hosts,
    KUBERNETES_SERVICE_HOST: url.hostname,
    KUBERNETES_SERVICE_PORT: url.port,
    SOPHIA_KUBERNETES_CREDENTIALS: api.credentials,
    SOPHIA_LAMBDA_API_URL: cloud.cloud.url,
    SOPHIA_LAMBDA_API_KEY_FILE: key,
    SOPHIA_LAMBDA_REQUESTS_PER_SECOND: "100",
  });
  await expect.poll(launched.said, { timeout: 60_000 }).toMatch(/"message":"listening"/);
  const port = Number(/"port":(\d+)/.exec(launched.said())?.[1]);
  return { ...launched, cloud, url: `http://127.0.0.1:${port}` };
}

test("M4 S1 the program responds from its files and environment, shows no secret, and ends on SIGTERM", async () => {
  const { url, child, ended, said, cloud } = await deployed();
  await cloud.launched({ name: "mcp" });
  const tools = ["list_hosts", "list_instances", "list_nodes", "list_pods"];
  expect(await probe({ url: `${url}/mcp`, era: "2025-11-25" })).toEqual({ ready: true, tools });
  const { client, close } = await connect({ url: `${url}/mcp`, era: "2026-07-28" });
  for (const name of tools) {
    const { isError, content } = await client.callTool({ name, arguments: {} });
    expect([name, isError ?? false, content]).toEqual([name, false, expect.anything()]);
  }
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await close();
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(said()).not.toContain(cloud.key);
  expect(said()).not.toContain("token-of-the-test");
});

test("W5 without its environment it ends at once with 78 and names every variable that it misses", async () => {
  const { ended, said } = launch({ SOPHIA_LAMBDA_API_URL: "no url" });
  expect(await ended).toBe(78);
  expect(said()).toMatch(/^sophia_infrastructure cannot start, its environment is incomplete:/);
  for (const name of [
    "SOPHIA_HOSTS_FILE",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "SOPHIA_LAMBDA_API_KEY_FILE",
  ]) {
    expect(said()).toContain(`${name}: is not set`);
  }
  expect(said()).toMatch(/SOPHIA_LAMBDA_API_URL: Invalid URL/);
});
