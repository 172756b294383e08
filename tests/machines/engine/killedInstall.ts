import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { stopEngine } from "../../../tools/docker/engine/stop.ts";
import { run } from "../../../tools/exec.ts";
import { programsOfRun } from "./programs.ts";

// Kills `make up` while apt installs Docker, right after the package has started the engine, and goes on as the next
// commands do. Prints what came of it.
const { values } = parseArgs({ options: { folder: { type: "string" } } });
const folder = values.folder ?? "";
const lab = join(folder, "lab");

if (process.env.INSTALL) await ensureEngine(lab);
else await killAndGoOn();

async function killAndGoOn(): Promise<void> {
  const dockerd = (await run("sh", ["-c", "command -v dockerd"])).stdout.trim();
  const bin = join(folder, "bin");
  await mkdir(bin);
  const apt = `#!/bin/sh
umount ${dockerd}
dockerd >${folder}/dockerd.log 2>&1 &
for _ in $(seq 300); do docker version >/dev/null 2>&1 && break; sleep 0.2; done
kill -KILL $PPID
`;
  await writeFile(join(bin, "apt-get"), apt, { mode: 0o755 });
  // Nobody can execute this file: Docker counts as not installed.
  await run("mount", ["--bind", "/dev/null", dockerd]);
  const killed = await run(process.execPath, [import.meta.filename, "--folder", folder], {
    env: { INSTALL: "1", PATH: [bin, process.env.PATH].join(delimiter) },
    allowFailure: true,
  });
  await ensureEngine(lab);
  const ofRun = await programsOfRun();
  const pid = (await readFile("/run/docker.pid", "utf8")).trim();
  const stopped = await stopEngine(lab);
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone");
  console.log(
    JSON.stringify({ killed: killed.code, ofRun, stopped, gone: state === "gone" || / Z /.test(state) }),
  );
}
