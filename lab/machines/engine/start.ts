import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Hopeless, notYet, waitFor } from "../../../components/core/wait.ts";
import { run } from "../../exec.ts";
import { type EngineRecord, stateFolder, writeRecord } from "./record.ts";

/** Network state that an engine changes and that is put back when it stops. */
export async function stateBefore(): Promise<EngineRecord["before"]> {
  const ipForward = await readFile("/proc/sys/net/ipv4/ip_forward", "utf8").then(
    (text) => text.trim(),
    () => "1",
  );
  const rules = await run("iptables", ["-S", "FORWARD"], { allowFailure: true }).catch(() => undefined);
  const forwardPolicy = /-P FORWARD (\S+)/.exec(rules?.stdout ?? "")?.[1] ?? "ACCEPT";
  return { ipForward, forwardPolicy };
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

const lastLines = async (file: string): Promise<string> =>
  (await readFile(file, "utf8").catch(() => "")).trim().split("\n").slice(-8).join("\n");

/** Starts `dockerd` as a process of its own, for machines where no service manager does. */
export async function startByHand(ask: () => Promise<{ version?: string; refusal: string }>): Promise<void> {
  const before = await stateBefore();
  await mkdir(stateFolder, { recursive: true });
  const log = join(stateFolder, "dockerd.log");
  const descriptor = openSync(log, "a");
  // Detached: an interrupted `make up` must not take the engine of other labs along.
  const child = spawn("dockerd", [`--mtu=${await outwardMtu()}`], {
    detached: true,
    stdio: ["ignore", descriptor, descriptor],
    env: { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` },
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
  await waitFor({ what: "the Docker engine", deadline: 90, interval: 0.5 }, async () => {
    const { version, refusal } = await ask();
    if (version) return version;
    if (ended)
      throw new Hopeless(
        new Error(`cannot start Docker Engine: ${ended}; ${log} ends with:\n${await lastLines(log)}`),
      );
    return notYet(refusal);
  });
}
