import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Commands } from "../../support/run/execute.ts";

test("a command's output is complete at its exit, also while a service that it started keeps the output open", async () => {
  const folder = mkdtempSync(join(tmpdir(), "execute-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const commands = new Commands(process.env, folder);
  const work = "sleep 600 & echo $!; echo err >&2; seq 1 20000; exit 3";
  const { code, output } = await commands.execute("sh", ["-c", work]);
  const lines = output.trimEnd().split("\n");
  // Its own process: still running, which is the point of the test.
  process.kill(Number(lines[0]), "SIGKILL");
  expect([code, lines[1], lines.length, lines.at(-1)]).toEqual([3, "err", 20_002, "20000"]);
});
