import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { run } from "../../exec.ts";
import { onPath } from "../../onPath.ts";
import { docker } from "../docker.ts";
import { type Availability, decideEngine, type EngineAction, type EngineFacts } from "./decide.ts";
import { addUser, dropRecord, writeRecord } from "./record.ts";
import { startByHand, stateBefore } from "./start.ts";

/** No engine, and none can be had without help. The message says what to do. */
export class NoEngine extends Error {
  readonly fix: string;
  constructor(reason: string, fix: string) {
    super(`${reason}. To fix it: ${fix}`);
    this.name = "NoEngine";
    this.fix = fix;
  }
}

/** Also where administrators' programs lie, which the `PATH` of others may leave out. */
const isInstalled = (program: string) =>
  onPath(program, [process.env.PATH ?? "", "/usr/sbin", "/sbin"].join(delimiter));

/** The version of the engine that answers, or what was said instead. */
async function ask(): Promise<{ version?: string; refusal: string }> {
  if (!isInstalled("docker")) return { refusal: "the docker command is not installed" };
  const args = ["version", "--format", "{{.Server.Version}}"];
  const { code, stdout, stderr } = await docker(args, { allowFailure: true });
  const version = stdout.trim();
  if (code === 0 && version) return { version, refusal: "" };
  return { refusal: stderr.trim().split("\n").at(-1) ?? "it said nothing" };
}

async function engineFacts(): Promise<EngineFacts> {
  return {
    ...(await ask()),
    dockerHost: process.env.DOCKER_HOST,
    platform: process.platform,
    root: process.getuid?.() === 0,
    apt: isInstalled("apt-get"),
    systemd: existsSync("/run/systemd/system"),
    installed: { cli: isInstalled("docker"), daemon: isInstalled("dockerd") },
  };
}

/** Whether an engine answers or can be made to answer, without doing anything yet. */
export async function engineAvailable(): Promise<Availability> {
  const action = decideEngine(await engineFacts());
  return action.do === "refuse" ? { ok: false, reason: action.reason, fix: action.fix } : { ok: true };
}

/** Whether an engine answers now. */
export const engineAnswers = async (): Promise<boolean> => (await ask()).version !== undefined;

/**
 * Makes the engine answer that holds what is left of a lab; starts it where it was killed. Nothing is installed.
 *
 * @throws NoEngine where that takes something that only a person can do.
 */
export async function reviveEngine(labFolder: string): Promise<void> {
  const action = decideEngine(await engineFacts());
  if (action.do === "use") return;
  if (action.do === "install")
    throw new NoEngine("Docker is no longer installed", "apt-get install docker.io");
  await ensureEngine(labFolder);
}

/** Installs distribution packages, once the index is fresh enough to have them. */
export async function installPackages(names: string[], log: (line: string) => void): Promise<void> {
  const install = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "install", ...names];
  // A package may start a daemon, which outlives the temporary folder of whoever installed it.
  const env = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l", TMPDIR: undefined };
  const options = { env, onLine: log };
  const first = await run("apt-get", install, { ...options, allowFailure: true });
  if (first.code === 0) return;
  await run("apt-get", ["-o", "DPkg::Lock::Timeout=300", "update"], options);
  await run("apt-get", install, options);
}

async function installEngine(log: (line: string) => void): Promise<void> {
  // Newer releases have the command line in a package of its own, which docker.io only recommends.
  const separate = (await run("apt-cache", ["show", "docker-cli"], { allowFailure: true })).code === 0;
  await installPackages(["docker.io", "iptables", ...(separate ? ["docker-cli"] : [])], log);
}

/**
 * Makes sure that a Docker engine answers: uses the one that runs, else installs (Debian, Ubuntu; as root) and starts one.
 * The lab in `labFolder` counts as its user until `stopEngine`; without one, nobody does, and the next lab that goes stops
 * the engine.
 *
 * @throws NoEngine where that takes something that only a person can do.
 */
export async function ensureEngine(
  labFolder?: string,
  log: (line: string) => void = () => {},
): Promise<void> {
  const facts = await engineFacts();
  let action: EngineAction = decideEngine(facts);
  if (action.do === "install") {
    log("installing Docker Engine");
    // Before apt: where services run, the package starts the engine itself, and an interrupt must not leave it unknown.
    const before = await stateBefore();
    await writeRecord({ by: facts.systemd ? "systemd" : "hand", before });
    try {
      await installEngine(log);
    } catch (error) {
      if (!(await engineAnswers())) await dropRecord();
      throw error;
    }
    action = decideEngine(await engineFacts());
    if (action.do === "install") {
      await dropRecord();
      throw new NoEngine(
        "Docker was installed, but its programs are not there",
        "apt-get install --reinstall docker.io",
      );
    }
  }
  if (action.do === "refuse") throw new NoEngine(action.reason, action.fix);
  if (action.do === "start") {
    log("starting Docker Engine");
    if (action.by === "hand") await startByHand(ask);
    else {
      const before = await stateBefore();
      await writeRecord({ by: "systemd", before });
      await run("systemctl", ["start", "docker.service"], { onLine: log });
      await waitFor({ what: "the Docker engine", deadline: 60, interval: 0.5 }, async () => {
        const { version, refusal } = await ask();
        return version ?? notYet(refusal);
      });
    }
  }
  if (labFolder && process.platform === "linux" && process.getuid?.() === 0) await addUser(labFolder);
}
