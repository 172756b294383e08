import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect } from "vitest";
import { devicePluginChart } from "../../../lab/images/upstream.ts";
import { run } from "../../../tools/exec.ts";
import { type Interrupted, interrupted, lab } from "../lab.ts";

/** A build cache that lacks one artefact, and a `go` that presses Ctrl-C and never ends when it is to be fetched. */
async function almostBuilt(): Promise<{ cache: string; path: string }> {
  const [cache, bin] = [join(lab.folder, "almost-built"), join(lab.folder, "bin")];
  for (const folder of [cache, bin]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  for (const name of readdirSync(lab.cache))
    if (name !== devicePluginChart.name) symlinkSync(join(lab.cache, name), join(cache, name));
  const go = (await run("sh", ["-c", "command -v go"])).stdout.trim();
  // As a terminal does it: all programs of the command hear of it.
  const endless = `#!/bin/sh
[ "$1 $2" = "mod download" ] || exec '${go}' "$@"
trap '' INT
kill -INT 0
exec sleep 600
`;
  writeFileSync(join(bin, "go"), endless, { mode: 0o755 });
  return { cache, path: [bin, process.env.PATH].join(delimiter) };
}

const expectInterrupted = ({ code, said }: Interrupted, what = "interrupted") => {
  expect(code, said.slice(-4000)).toBe(130);
  expect(said).toContain(`${what}; run the command again to continue`);
};

/** `make up` by somebody who changes their mind at every phase of it: each time, the next one goes on from there. */
export async function interruptions(): Promise<void> {
  const { cache, path } = await almostBuilt();
  const building = await interrupted([], ["up"], { LAB_CACHE: cache, PATH: path });
  expectInterrupted(building);
  expect(building.said).toContain(`✘ ${devicePluginChart.title}`);
  expect(readdirSync(join(cache, devicePluginChart.name))).toEqual([]);

  const starting = await interrupted([/✔ image registry/], ["up"], { LAB_CACHE: cache });
  expectInterrupted(starting);
  expect(starting.said).toMatch(new RegExp(`✔ ${devicePluginChart.title} +built in`));
  expect(starting.said).not.toContain("stack configuration");

  // While a host boots, and, with no patience left, while the cluster is being filled.
  expectInterrupted(await interrupted([/:Instance \S+ created/], ["up"]));
  const impatient = [/:Namespace \S+ created/, /waiting for operations in progress/, /still waiting/];
  expectInterrupted(await interrupted(impatient, ["up"]), "stopped at once");
}
