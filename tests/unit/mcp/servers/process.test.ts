import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { variablesFor } from "../../../../components/settings/environment/variables/index.ts";
import { connect, type Era, probe } from "../../../../mcp/check/probe.ts";

const servers = fileURLToPath(new URL("../../../../mcp/servers", import.meta.url));
const names = readdirSync(servers, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !["kit", "node_modules"].includes(entry.name))
  .map(({ name }) => name);

/** What each server cannot do without; nothing of it is reached before a tool is called. */
const needs: Record<string, { values: Record<string, string>; files: string[]; tools: number }> = {
  gong: {
    values: {},
    files: ["SOPHIA_GONG_ACCESS_KEY_FILE", "SOPHIA_GONG_ACCESS_KEY_SECRET_FILE"],
    tools: 5,
  },
  lambda_labs_cli: {
    values: { SOPHIA_LAMBDA_API_URL: "http://127.0.0.1:9" },
    files: ["SOPHIA_LAMBDA_API_KEY_FILE", "SOPHIA_HOSTS_FILE"],
    tools: 7,
  },
  redis: { values: { SOPHIA_REDIS_URL: "redis://127.0.0.1:9" }, files: [], tools: 6 },
  sophia_ai_intelligence: {
    values: { SOPHIA_INFERENCE_API_URL: "http://127.0.0.1:9/v1" },
    files: ["SOPHIA_INFERENCE_API_KEY_FILE"],
    tools: 4,
  },
  sophia_business_intelligence: {
    values: { SOPHIA_POSTGRES_HOST: "127.0.0.1", SOPHIA_POSTGRES_USER: "reader" },
    files: ["SOPHIA_POSTGRES_PASSWORD_FILE"],
    tools: 9,
  },
  sophia_data_intelligence: {
    values: { SOPHIA_POSTGRES_HOST: "127.0.0.1", SOPHIA_POSTGRES_USER: "reader" },
    files: ["SOPHIA_POSTGRES_PASSWORD_FILE"],
    tools: 8,
  },
  sophia_infrastructure: {
    values: {
      SOPHIA_LAMBDA_API_URL: "http://127.0.0.1:9",
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: "9",
    },
    files: ["SOPHIA_LAMBDA_API_KEY_FILE", "SOPHIA_HOSTS_FILE"],
    tools: 4,
  },
};

interface Launched {
  child: ChildProcess;
  said: () => string;
  ended: Promise<number | null>;
}

function launch(name: string, environment: Record<string, string>): Launched {
  const program = join(servers, name, "main.ts");
  const child = spawn(process.execPath, [program], { env: { PATH: process.env.PATH ?? "", ...environment } });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const ended = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, ended, said: () => output };
}

function environmentOf(name: string): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "server-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { values, files } = needs[name] ?? { values: {}, files: [] };
  const mounted = files.map((variable) => {
    const file = join(folder, variable);
    writeFileSync(file, variable === "SOPHIA_HOSTS_FILE" ? "[]" : "hush-hush\n");
    return [variable, file];
  });
  return { PORT: "0", ...values, ...Object.fromEntries(mounted) };
}

/** A server that listens. */
async function listening(name: string) {
  const launched = launch(name, environmentOf(name));
  await expect.poll(launched.said, { timeout: 60_000 }).toMatch(/"message":"listening"/);
  return { ...launched, url: `http://127.0.0.1:${/"port":(\d+)/.exec(launched.said())?.[1]}` };
}

/** Tools by server, as the README's table has them. */
const described = Object.fromEntries(
  [...readFileSync(join(servers, "README.md"), "utf8").matchAll(/^\| `(\w+)` \| ((?:`\w+` ?)+) \|/gm)].map(
    ([, name = "", tools = ""]) => [name, tools.replaceAll("`", "").split(" ")],
  ),
);

/** Resident memory of a process. */
const megabytes = (pid: number | undefined) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

test("M1 every server in the folder is tested here", () => {
  expect(names.sort()).toEqual(Object.keys(needs).sort());
});

describe.each(names)("%s", (name) => {
  test("M4 starts with its environment, is listed by clients of both revisions, takes less than 150 MB at its start, and ends on SIGTERM", async () => {
    const { child, ended, said, url } = await listening(name);
    // Some 50 MB of it are Node.js's own program, which all servers of a host share.
    expect(megabytes(child.pid)).toBeLessThan(150);
    const listed = await Promise.all(
      (["2025-11-25", "2026-07-28"] as Era[]).map((era) => probe({ url: `${url}/mcp`, era })),
    );
    for (const each of listed) expect(each).toEqual({ ready: true, tools: expect.any(Array) });
    expect(listed[0]?.tools).toHaveLength(needs[name]?.tools ?? 0);
    expect(listed[0]?.tools).toEqual(listed[1]?.tools);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain("process_resident_memory_bytes");
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(said()).not.toContain("hush-hush");
  });

  test("M1 M4 a model reads of each tool one line and an input schema, lists have pages, and the README names them all", async () => {
    const { url } = await listening(name);
    const { client, close } = await connect({ url: `${url}/mcp`, era: "2026-07-28" });
    const { tools } = await client.listTools();
    await close();
    expect(tools.map((each) => each.name)).toEqual(described[name]);
    for (const { name: tool, description, inputSchema } of tools) {
      expect(description, tool).toMatch(/^[A-Z][^\n]{20,300}\.$/);
      expect(inputSchema, tool).toMatchObject({ type: "object" });
      const { limit, cursor } = (inputSchema.properties ?? {}) as Record<string, object>;
      if (/^(list|find|search|scan|query|read)_/.test(tool)) {
        const { maximum } = (limit ?? {}) as { maximum?: number };
        expect({ tool, cursor, maximum }).toEqual({
          tool,
          cursor: expect.any(Object),
          maximum: expect.any(Number),
        });
        expect(maximum, tool).toBeLessThanOrEqual(200);
      }
    }
  });

  test("W5 without its environment it ends at once with 78 and names every variable that it misses", async () => {
    const { ended, said } = launch(name, {});
    const missing = variablesFor(`mcp/${name}`).filter(
      ([, { schema }]) => !schema.safeParse(undefined).success,
    );
    expect(missing.length).toBeGreaterThan(0);
    expect(await ended).toBe(78);
    expect(said()).toContain(`${name} cannot start, its environment is incomplete:`);
    for (const [variable] of missing) expect(said()).toContain(`${variable}: `);
  });
});
