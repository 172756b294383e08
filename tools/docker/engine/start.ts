import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { notYet, Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import { run } from "../../exec.ts";
import { lastLines } from "../../lastLines.ts";
import { clearDeadEngine, daemonPid, isEngine } from "./process.ts";
import { dropRecord, type EngineRecord, readRecord, stateFolder, writeRecord } from "./record.ts";

/**
 * Network state that an engine changes and that is put back when it stops. Of one that was started before, and stopped by
 * hand meanwhile, the state before its first start counts.
 */
export async function stateBefore(): Promise<EngineRecord["before"]> {
  const record = await readRecord();
  if (record) return record.before;
  const ipForward = await readFile("/proc/sys/net/ipv4/ip_forward", "utf8").then(
    (text) => text.trim(),
    () => "1",
  );
  const policy = async (program: string) => {
    const rules = await run(program, ["-S", "FORWARD"], { allowFailure: true }).catch(() => undefined);
    return /-P FORWARD (\S+)/.exec(rules?.stdout ?? "")?.[1] ?? "ACCEPT";
  };
  return { ipForward, forwardPolicy: await policy("iptables"), forwardPolicy6: await policy("ip6tables") };
}

/**
 * MTU of the way out. Docker takes 1500 for granted, and packets that are too large for a smaller link vanish
 * where nobody reports them back.
 */
export async function outwardMtu(): Promise<number> {
  const routes = await readFile("/proc/net/route", "utf8").catch(() => "");
  const out = routes
    .split("\n")
    .map((line) => line.split("\t"))
    .find((fields) => fields[1] === "00000000")?.[0];
  if (!out) return 1500;
  const text = await readFile(`/sys/class/net/${out}/mtu`, "utf8").catch(() => "1500");
  return Math.min(1500, Number(text.trim()));
}

type Ask = () => Promise<{ version?: string; refusal: string }>;

/** Starts `dockerd` as a process of its own, for machines where no service manager does. */
export async function startByHand(ask: Ask): Promise<void> {
  const known = await readRecord();
  const starting = known?.pid !== undefined && (await isEngine(known.pid));
  const daemon = starting ? { log: known?.log ?? "", ended: () => undefined } : await spawnDaemon();
  try {
    await waitFor({ what: "the Docker engine", deadline: 90, interval: 0.5 }, async () => {
      const { version, refusal } = await ask();
      if (version) return version;
      const ended = daemon.ended();
      if (!ended) return notYet(refusal);
      const said = await lastLines(daemon.log);
      throw new Unrecoverable(
        new Error(`cannot start Docker Engine: ${ended}; ${daemon.log} ends with:\n${said}`),
      );
    });
  } catch (error) {
    if (!starting) await dropRecord();
    throw error;
  }
  // Another lab that started its engine in the same moment won: that one is to be stopped later.
  const record = await readRecord();
  const pid = await daemonPid();
  if (record && pid !== undefined && record.pid !== pid) await writeRecord({ ...record, pid });
}

async function spawnDaemon(): Promise<{ log: string; ended: () => string | undefined }> {
  const before = await stateBefore();
  await clearDeadEngine();
  await mkdir(stateFolder, { recursive: true });
  const log = join(stateFolder, "dockerd.log");
  const descriptor = openSync(log, "a");
  // Detached: an interrupted `make up` must not take the engine of other labs along.
  const child = spawn("dockerd", [`--mtu=${await outwardMtu()}`, "--log-level=warn"], {
    detached: true,
    stdio: ["ignore", descriptor, descriptor],
    // A daemon outlives the temporary folder of whoever started it, and could start nothing in a container any more.
    env: { ...process.env, TMPDIR: undefined, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` },
  });
  closeSync(descriptor);
  let ended: string | undefined;
  child.on("error", (error) => {
    ended = error.message;
  });
  child.on("exit", (code, signal) => {
    ended = `dockerd ended with ${code ?? signal}`;
  });
  child.unref();
  if (child.pid !== undefined) await writeRecord({ by: "hand", pid: child.pid, log, before });
  return { log, ended: () => ended };
}
