import { access } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { DockerDriver } from "../../../lab/machines/docker/driver.ts";
import { ensureNetwork } from "../../../lab/machines/docker/network.ts";
import { removeMachines } from "../../../lab/machines/docker.ts";
import type { MachineSpec } from "../../../lab/machines/driver.ts";
import { labFilter } from "../../../tools/docker/docker.ts";
import { engineAnswers, ensureEngine, reviveEngine } from "../../../tools/docker/engine/engine.ts";
import { raiseLimits } from "../../../tools/docker/engine/limits.ts";
import { removeUser } from "../../../tools/docker/engine/record.ts";
import { stopEngine } from "../../../tools/docker/engine/stop.ts";
import { run } from "../../../tools/exec.ts";
import { repository } from "../../../tools/repository.ts";
import { running as untilRunning } from "../driver/lab.ts";
import { enginePrograms, ownNamespace, programsOfRun } from "./programs.ts";

// Starts and stops an engine as two labs do, in whatever namespaces this process was put, and prints what came of it.
const { values } = parseArgs({
  options: { folder: { type: "string" }, image: { type: "string" } },
});
const folder = values.folder ?? "";
const [first, second] = [`${folder}/first`, `${folder}/second`];

const text = async (command: string, args: string[]) => (await run(command, args)).stdout.trim();
const forwarding = () => text("cat", ["/proc/sys/net/ipv4/ip_forward"]);

const instances = () => text("cat", ["/proc/sys/fs/inotify/max_user_instances"]);

const before = await forwarding();
await ensureEngine(first);
await ensureEngine(second);
await raiseLimits();
const running = await text("docker", ["version", "--format", "{{.Server.Version}}"]);
const bridge = "docker0" in networkInterfaces() || (await text("ip", ["-o", "link"])).includes("docker0");
const ofRun = await programsOfRun();
// A killed engine comes back with the hosts of the lab, and is known for the lab's own still.
const image = await text("docker", ["load", "--quiet", "--input", values.image ?? ""]);
const lab = { name: "second", folder: second };
const network = await ensureNetwork(lab);
const driver = new DockerDriver({ lab, image: image.replace("Loaded image: ", ""), network });
const host: MachineSpec = {
  id: "host",
  lab: lab.name,
  hostname: "host",
  publicAddress: "127.20.255.11",
  authorizedKeys: [],
  gpus: { count: 0, model: "" },
  fileSystems: [],
};
await driver.create(host);
const startedAt = (await untilRunning(driver, host.id)).startedAt ?? 0;
process.kill(Number(await text("cat", ["/run/docker.pid"])), "SIGKILL");
await waitFor({ what: "the engine's death", deadline: 120, interval: 0.1 }, async () => {
  const { code } = await run("docker", ["info"], { allowFailure: true });
  return code !== 0 || notYet("it answers");
});
const deadAnswers = await engineAnswers();
await reviveEngine(second);
const revivedAnswers = await engineAnswers();
const restarted = ((await untilRunning(driver, host.id)).startedAt ?? 0) > startedAt;
const removed = await removeMachines(lab);
const left = await Promise.all(
  [
    ["ps", "--all"],
    ["volume", "ls"],
    ["network", "ls"],
  ].map((list) => text("docker", [...list, "--quiet", ...labFilter(lab)])),
);
const instancesWhile = Number(await instances());
const whileSecondUses = await stopEngine(first);
await text("docker", ["volume", "create", "kept"]);
// A lab that never had a host is removed without an engine. It must not take an engine that it cannot ask for an idle one.
await removeUser(second);
const unasked = await run(process.execPath, [join(repository, "lab/cli.ts"), "down"], {
  env: { LAB: "third", LAB_ROOT: folder, DOCKER_HOST: "tcp://127.0.0.1:1" },
  allowFailure: true,
});
const answersThen = await engineAnswers();
const stopped = await stopEngine(second);
const again = await stopEngine(second);
console.log(
  JSON.stringify({
    running,
    deadAnswers,
    revivedAnswers,
    restarted,
    removed,
    left,
    bridge,
    ofRun,
    whileSecondUses,
    unasked,
    answersThen,
    stopped,
    again,
    instancesWhile,
    instancesAfter: Number(await instances()),
    forwardingBefore: before,
    forwardingAfter: await forwarding(),
    links: (await text("ip", ["-o", "link"])).includes("docker0"),
    rules: await text("iptables-save", []),
    processes: await enginePrograms(await ownNamespace()),
    mounts: (await text("cat", ["/proc/self/mounts"]))
      .split("\n")
      .filter((line) => line.includes("docker/overlay")),
    record: await access("/var/lib/sophia-lab").then(
      () => true,
      () => false,
    ),
  }),
);
