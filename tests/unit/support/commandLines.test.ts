import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { expect, test } from "vitest";
import { watchCommandLines } from "../../support/commandLines.ts";
import { foundIn } from "../../support/secretValues.ts";

test("S1 a secret on the command line of a process that is gone again was seen", async () => {
  const planted = { name: "planted", value: randomBytes(20).toString("hex") };
  // Lives until it is told to end.
  const child = spawn("sh", ["-c", "read -r _", planted.value], { stdio: ["pipe", "ignore", "inherit"] });
  await once(child, "spawn");
  const watch = watchCommandLines();
  await watch.ready;
  child.stdin.end("end\n");
  await once(child, "close");
  const seen = await watch.stop();
  expect(foundIn(seen, [planted])).toEqual(["planted"]);
  expect(foundIn(seen, [{ name: "other", value: randomBytes(20).toString("hex") }])).toEqual([]);
  const later = watchCommandLines();
  await later.ready;
  expect(foundIn(await later.stop(), [planted])).toEqual([]);
});
