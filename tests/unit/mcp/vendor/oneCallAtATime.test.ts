import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { catalog, isDeployed } from "../../../../mcp/catalog/index.ts";
import { repository } from "../../../../tools/repository.ts";

const wrapper = join(repository, "mcp/vendor/oneCallAtATime.ts");
const counter = join(repository, "tests/support/servers/mcp/counter.ts");

const call = (id: number | string) =>
  message({ id, method: "tools/call", params: { name: "add", arguments: { text: `call ${id}` } } });
const cancel = (requestId: number | string) =>
  message({ method: "notifications/cancelled", params: { requestId } });
const list = (id: number) => message({ id, method: "tools/list" });
const message = (content: object) => `${JSON.stringify({ jsonrpc: "2.0", ...content })}\n`;

/** What the program answers to messages that come at once, what is in its file afterwards, and its exit code. */
async function run(messages: string[], { wrapped = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "one-call-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "lines");
  writeFileSync(file, "");
  const args = [...(wrapped ? [wrapper] : []), counter, file];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  child.stdin.end(messages.join(""));
  const [code] = await once(child, "close");
  const answers = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return { answers, code, lines: readFileSync(file, "utf8").split("\n") };
}

const ids = Array.from({ length: 20 }, (_, index) => index + 1);

test("M1 of 20 calls in flight at a program without a lock each one is kept, and without the wrapper some are lost", async () => {
  const { answers, lines, code } = await run(ids.map(call));
  expect(lines).toEqual(ids.map((id) => `call ${id}`));
  expect(answers).toEqual(ids.map((id) => ({ jsonrpc: "2.0", id, result: { lines: id } })));
  expect(code).toBe(0);
  expect((await run(ids.map(call), { wrapped: false })).lines.length).toBeLessThan(ids.length);
});

test("M2 a list of tools does not wait for the calls before it, so that a slow call does not look like a program that hangs", async () => {
  const { answers } = await run([...ids.map(call), list(21)]);
  const order = answers.map(({ id }) => id);
  expect(order).toHaveLength(21);
  expect(order.indexOf(21)).toBeLessThan(20);
});

test("M1 a cancelled call that did not begin is not carried out, one that began holds nobody up, and neither is answered", async () => {
  const { answers, lines } = await run([call(1), call("b"), call(3), cancel("b"), cancel(1), cancel(77)]);
  expect(lines).toEqual(["call 1", "call 3"]);
  expect(answers.map(({ id }) => id)).toEqual([3]);
});

test("M1 `memory`, which all clients share, passes one call at a time", () => {
  const entry = catalog.filter(isDeployed).find(({ name }) => name === "memory");
  expect(entry?.kind === "stdio" && entry.command.slice(0, 2)).toEqual([
    "node",
    "/app/mcp/vendor/oneCallAtATime.ts",
  ]);
});
