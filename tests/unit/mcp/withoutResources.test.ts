import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { catalog } from "../../../mcp/catalog/index.ts";

const vendor = join(import.meta.dirname, "../../../mcp/vendor");

/** What a program that writes these lines is heard to say, with the file loaded before it or without. */
async function heard(lines: string[], loaded = true): Promise<string[]> {
  const script = `for (const line of ${JSON.stringify(lines)}) process.stdout.write(line)`;
  const args = [...(loaded ? ["--import", join(vendor, "withoutResources.ts")] : []), "-e", script];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await once(child, "close");
  return said.split("\n");
}

const introduction = (capabilities: object) => ({
  jsonrpc: "2.0",
  id: 0,
  result: { protocolVersion: "2025-11-25", capabilities, serverInfo: { name: "x", version: "1" } },
});
const line = (message: object) => `${JSON.stringify(message)}\n`;

test("M3 a program's false announcement of resources is left out, and nothing else that it says", async () => {
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
  expect(await heard(said)).toEqual([
    JSON.stringify(introduction(rest)),
    JSON.stringify(tools),
    JSON.stringify(quoting),
    "{broken",
    "",
  ]);
  expect((await heard(said, false))[0]).toContain("resources");
});

test("M3 every server but those that keep state in a session is behind the gateway", () => {
  expect(catalog.filter(({ notFederated }) => notFederated)).toEqual([]);
});
