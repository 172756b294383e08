/**
 * A program that speaks MCP over standard input and output and changes one file, as `server-memory` does: each call of its
 * tool reads the file, adds a line and writes it back, without regard for the others. An answer says how many lines there
 * are.
 *
 *   node counter.ts <file>
 */
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";

interface Message {
  id?: number | string;
  method: string;
  params?: { arguments?: { text?: string } };
}

const [, , file = ""] = process.argv;
const answer = (id: Message["id"], result: object) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);

async function add(text = ""): Promise<number> {
  const lines = (await readFile(file, "utf8")).split("\n").filter(Boolean);
  await writeFile(file, [...lines, text].join("\n"));
  return lines.length + 1;
}

for await (const line of createInterface(process.stdin)) {
  const { id, method, params } = JSON.parse(line) as Message;
  if (id === undefined) continue;
  if (method === "tools/call") void add(params?.arguments?.text).then((lines) => answer(id, { lines }));
  else answer(id, { method });
}
