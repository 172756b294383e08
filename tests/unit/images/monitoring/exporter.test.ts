import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ask, metricsOf, readHosts } from "../../../../images/monitoring/exporter/hosts.ts";
import { repository } from "../../../../tools/repository.ts";

const program = join(repository, "images/monitoring/exporter/main.ts");

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
}
const json =
  (status: number, body: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "exporter-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}
const report = (healthy: boolean) => ({
  healthy,
  host: "h",
  checks: { disk: { ok: true }, k3s: { ok: healthy } },
});

test("O1 hosts that are well, ill, broken and silent are told apart", async () => {
  const silent = await serve(() => {});
  const seen = await Promise.all([
    ask({ name: "well", url: await serve(json(200, report(true))) }, 5),
    ask({ name: "ill", url: await serve(json(503, report(false))) }, 5),
    ask({ name: "broken", url: await serve(json(200, { other: 1 })) }, 5),
    ask({ name: "silent", url: silent }, 0.2),
  ]);
  const lines = metricsOf(seen, [{ name: "well", hourlyUsd: 1.29 }, { name: "elsewhere" }]).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      'sophia_host_answers{host="well"} 1',
      'sophia_host_healthy{host="well"} 1',
      'sophia_host_answers{host="ill"} 1',
      'sophia_host_healthy{host="ill"} 0',
      'sophia_host_check_ok{host="ill",check="k3s"} 0',
      'sophia_host_check_ok{host="ill",check="disk"} 1',
      'sophia_host_answers{host="broken"} 0',
      'sophia_host_answers{host="silent"} 0',
      'sophia_host_expected{host="well"} 1',
      'sophia_host_expected{host="elsewhere"} 1',
      'sophia_host_price_usd_per_hour{host="well"} 1.29',
    ]),
  );
  expect(lines.some((line) => line.startsWith('sophia_host_healthy{host="silent"'))).toBe(false);
  for (const metric of ["answers", "price_usd_per_hour"])
    expect(lines.some((line) => line.startsWith(`sophia_host_${metric}{host="elsewhere"`))).toBe(false);
});

test("labels cannot break the format", () => {
  expect(metricsOf([{ host: 'a"} 1\nb', seconds: 1 }], [])).toContain(
    'sophia_host_answers{host="a\\"} 1\\nb"} 0',
  );
});

test("a list of hosts that is none is refused with its name", async () => {
  const file = join(folder(), "hosts.json");
  writeFileSync(file, "[]");
  await expect(readHosts(file, 8080)).rejects.toThrow(`${file} is no list of hosts`);
  writeFileSync(file, JSON.stringify([{ name: "a", node: "n", address: "10.0.0.1", more: 1 }]));
  expect(await readHosts(file, 8080)).toEqual([{ name: "a", node: "n", url: "http://10.0.0.1:8080/health" }]);
});

/** The exporter as the pod of a node, with what it answers at a path. */
async function exporterOn(node: string, hosts: object[]) {
  const file = join(folder(), "hosts.json");
  writeFileSync(file, JSON.stringify(hosts));
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH ?? "", PORT: "0", SOPHIA_HOSTS_FILE: file, SOPHIA_NODE_NAME: node },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  child.stdout.setEncoding("utf8");
  const [said] = (await once(child.stdout, "data")) as [string];
  const port = /"port":(\d+)/.exec(said)?.[1];
  return async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
}

test("O1 the exporter asks the host that it runs on and no other, and names them all", async () => {
  // 192.0.2.1 is nobody's; 127.0.0.2 is this machine, where nothing may listen at the hosts' port.
  const hosts = [
    { name: "backend", node: "backend", address: "192.0.2.1" },
    { name: "mcp", node: "mcp-node", address: "127.0.0.2" },
  ];
  const { status, text } = await (await exporterOn("mcp-node", hosts))("/metrics");
  expect(status).toBe(200);
  expect(text).toMatch(/^sophia_host_answers\{host="mcp"\} [01]$/m);
  expect(text).not.toContain('sophia_host_answers{host="backend"}');
  expect(text).toContain('sophia_host_expected{host="backend"} 1\nsophia_host_expected{host="mcp"} 1\n');

  const another = await exporterOn("another", hosts);
  const lost = await another("/metrics");
  expect(lost.status).toBe(500);
  expect(lost.text).toMatch(/hosts\.json has no host whose node is another, on which this runs/);
  // A path that is no URL, and the next request.
  expect([(await another("//")).status, (await another("/healthz")).status]).toEqual([404, 200]);
});

test("W5 the exporter does not start without its hosts, and names what is missing", async () => {
  const child = spawn(process.execPath, [program], { env: { PATH: process.env.PATH ?? "" } });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = await once(child, "close");
  expect(code).toBe(78);
  expect(said).toContain("SOPHIA_HOSTS_FILE: is not set");
  expect(said).toContain("SOPHIA_NODE_NAME: is not set");
});
