import { readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { run } from "../../exec.ts";
import { onPath } from "../../onPath.ts";
import { docker, labels, linesOf } from "../docker.ts";
import { engineMounts, filterLeftovers } from "./leftovers.ts";
import { restoreLimits } from "./limits.ts";
import { isEngine, runningEngine } from "./process.ts";
import { type EngineRecord, forgetAll, readRecord, removeUser, users } from "./record.ts";

export type Stopped = { stopped: true } | { stopped: false; because: string };

/**
 * To be called when a lab is down: stops the engine if a lab started it and nobody needs it any more: no other lab, no container of anybody.
 * Puts the machine's network back as it was; images and build results stay.
 */
export async function stopEngine(labFolder: string): Promise<Stopped> {
  await removeUser(labFolder);
  const others = await users();
  const [other] = others.length > 0 ? others : await labsInEngine();
  if (other !== undefined) return { stopped: false, because: `the lab in ${other} uses it` };
  const record = await readRecord();
  // Whatever a lab changed on the machine, root did.
  if (process.getuid?.() !== 0) {
    return { stopped: false, because: record ? "only root may stop it" : "it was running before the lab" };
  }
  await restoreLimits();
  if (!record) {
    await forgetAll();
    return { stopped: false, because: "it was running before the lab" };
  }
  const running = await runningEngine();
  if (record.pid !== undefined && running !== undefined && running !== record.pid) {
    // Putting the network back would take the rules and the bridge of that one.
    await forgetAll();
    return { stopped: false, because: `it was started by others: process ${running}` };
  }
  const pid = record.pid ?? running;
  const runs = pid !== undefined && (await isEngine(pid));
  const containers = await docker(["ps", "--all", "--format", "{{.Names}}"], { allowFailure: true });
  // An engine that was killed is only cleaned up after; one that lives may have anybody's containers.
  if (runs && containers.code !== 0) {
    return { stopped: false, because: `it runs and does not answer: ${containers.stderr.trim()}` };
  }
  const names = linesOf(containers.stdout);
  if (names.length > 0) {
    return { stopped: false, because: `it still has containers: ${names.slice(0, 5).join(", ")}` };
  }
  if (runs && record.by === "systemd") await run("systemctl", ["stop", "docker.service", "docker.socket"]);
  else if (runs) await end(pid);
  await cleanUp(record);
  await forgetAll();
  return { stopped: true };
}

/**
 * Folders of the labs that have containers. Users of group `docker` have labs, too, and cannot note them where root does.
 * Without an engine that answers there are none.
 */
export async function labsInEngine(): Promise<string[]> {
  if (!onPath("docker")) return [];
  const args = [
    "ps",
    "--all",
    "--filter",
    `label=${labels.folder}`,
    "--format",
    `{{.Label "${labels.folder}"}}`,
  ];
  return [...new Set(linesOf((await docker(args, { allowFailure: true })).stdout))];
}

async function end(pid: number): Promise<void> {
  process.kill(pid, "SIGTERM");
  await waitFor({ what: `dockerd (process ${pid}) to end`, deadline: 60, interval: 0.2 }, async () =>
    (await isEngine(pid)) ? notYet("it still runs") : true,
  );
}

async function cleanUp(record: EngineRecord): Promise<void> {
  for (const path of engineMounts(await readFile("/proc/mounts", "utf8"))) await run("umount", ["-l", path]);
  for (const program of ["iptables", "ip6tables"]) {
    const saved = await run(`${program}-save`, [], { allowFailure: true }).catch(() => undefined);
    if (saved?.code !== 0) continue;
    const { forwardPolicy, forwardPolicy6 } = record.before;
    const policy = program === "iptables" ? forwardPolicy : forwardPolicy6;
    for (const command of filterLeftovers(saved.stdout, policy)) await run(program, command);
  }
  const bridge = await run("ip", ["link", "show", "docker0"], { allowFailure: true });
  if (bridge.code === 0) await run("ip", ["link", "delete", "docker0"]);
  await writeFile("/proc/sys/net/ipv4/ip_forward", record.before.ipForward);
  await removeControlGroups();
}

/** The engine's own control groups stay behind, empty, in every hierarchy. */
async function removeControlGroups(): Promise<void> {
  const root = "/sys/fs/cgroup";
  for (const hierarchy of await readdir(root)) {
    await rmdir(join(root, hierarchy, "docker")).catch((error: NodeJS.ErrnoException) => {
      if (!["ENOENT", "ENOTDIR", "EBUSY", "ENOTEMPTY", "EROFS"].includes(error.code ?? "")) throw error;
    });
  }
}
