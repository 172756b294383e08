import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { engineAnswers, ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { readRecord } from "../../../tools/docker/engine/record.ts";
import { stopEngine } from "../../../tools/docker/engine/stop.ts";
import { run } from "../../../tools/exec.ts";

// An engine that a lab started is killed, and somebody starts one by hand. Prints what is left of that one when the lab is down.
const { values } = parseArgs({ options: { folder: { type: "string" } } });
const lab = `${values.folder}/lab`;
const untilAnswers = (wanted: boolean) =>
  waitFor({ what: `an engine's ${wanted ? "answer" : "end"}`, deadline: 180, interval: 0.2 }, async () =>
    (await engineAnswers()) === wanted ? true : notYet(`wanted ${wanted}`),
  );

await ensureEngine(lab);
process.kill((await readRecord())?.pid ?? 0, "SIGKILL");
await untilAnswers(false);
await run("sh", ["-c", 'kill "$(cat /run/docker/containerd/containerd.pid)"; rm -f /run/docker.pid']);
const engine = spawn("dockerd", { stdio: "ignore", detached: true });
engine.unref();
await untilAnswers(true);
const stopped = await stopEngine(lab);
const network = await run("docker", ["network", "create", "of-others"], { allowFailure: true });
console.log(JSON.stringify({ engine: engine.pid, stopped, network: network.stderr }));
process.exit();
