import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { catalog } from "../../../../mcp/catalog/index.ts";

const vendor = join(import.meta.dirname, "../../../../mcp/vendor");

const folder = mkdtempSync(join(tmpdir(), "without-resources-"));
afterAll(() => rmSync(folder, { recursive: true }));

function start(script: string, wrapped = true) {
  const file = join(folder, `${randomUUID()}.mjs`);
  writeFileSync(file, script);
  const args = [...(wrapped ? [join(vendor, "withoutResources.ts")] : []), file];
  return spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
}

/** The output of a program that writes these lines, run by the wrapper or directly. */
async function output(lines: string[], wrapped = true): Promise<string[]> {
  const script = `for (const line of ${JSON.stringify(lines)}) process.stdout.write(line)`;
  const child = start(script, wrapped);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await once(child, "close");
  return text.split("\n");
}

const introduction = (capabilities: object) => ({
  jsonrpc: "2.0",
  id: 0,
  result: { protocolVersion: "2025-11-25", capabilities, serverInfo: { name: "x", version: "1" } },
});
const line = (message: object) => `${JSON.stringify(message)}\n`;

test("M3 a program's false announcement of resources is removed, and nothing else that it announces", async () => {
  const rest = { tools: {}, prompts: { listChanged: true } };
  const tools = { jsonrpc: "2.0", id: 1, result: { tools: [{ name: "resources" }] } };
  const quoting = {
    jsonrpc: "2.0",
    id: 2,
    result: { content: [{ text: JSON.stringify(introduction({ resources: {} })) }] },
  };
  const said = [
    line(introduction({ ...rest, resources: { subscribe: true } })),
    line(tools),
    line(quoting),
    "{broken\n",
  ];
  expect(await output(said)).toEqual([
    JSON.stringify(introduction(rest)),
    JSON.stringify(tools),
    JSON.stringify(quoting),
    "{broken",
    "",
  ]);
  expect((await output(said, false))[0]).toContain("resources");
});

test("M3 a message with line separators of other alphabets stays one message, also in pieces and at the end", async () => {
  const text = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { text: "a\u2028b\u2029c\u0085d\r\v\fé" } });
  const [start, end] = [text.slice(0, 40), text.slice(40)];
  expect(await output([start, `${end}\n${text}\r\n`, text])).toEqual([text, `${text}\r`, text, ""]);
});

test("M2 the program reads the wrapper's input, gets its signals, and its exit code is the wrapper's: they are one process", async () => {
  const echo = start(
    "process.stdin.on('data', (line) => process.stdout.write(line)).on('end', () => process.exit(3))",
  );
  echo.stdin.write("{}\n");
  const [line] = (await once(echo.stdout, "data")) as [Buffer];
  expect(String(line)).toBe("{}\n");
  echo.stdin.end();
  expect(await once(echo, "close")).toEqual([3, null]);

  const waiting = start(
    "process.on('SIGTERM', () => process.exit(4)); setInterval(() => {}, 1000); console.log(process.pid)",
  );
  expect(String(await once(waiting.stdout, "data"))).toBe(`${waiting.pid}\n`);
  waiting.kill("SIGTERM");
  expect(await once(waiting, "close")).toEqual([4, null]);
});

test("M3 every server but those that keep state in a session is behind the gateway", () => {
  expect(catalog.filter(({ notFederated }) => notFederated)).toEqual([]);
});
