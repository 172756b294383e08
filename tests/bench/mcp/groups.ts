import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = "/sys/fs/cgroup";

/** Names of a pod's control group below its host's, by class of service. */
const places = (uid: string) =>
  ["burstable", "besteffort", "."].map((kind) => join("kubepods", kind, `pod${uid}`));

/** What the kernel counts of a pod, or of a whole host of the lab. */
export class Group {
  readonly #path: string;

  /** @throws where the kernel has no control groups of version 1, or not this one */
  constructor(container: string, uid?: string) {
    if (!existsSync(join(root, "cpuacct"))) {
      throw new Error(
        `${root}/cpuacct is not there: what is measured is read from control groups of version 1`,
      );
    }
    const host = join("docker", container);
    const found = (uid === undefined ? ["."] : places(uid))
      .map((place) => join(host, place))
      .find((place) => existsSync(join(root, "cpuacct", place)));
    if (found === undefined)
      throw new Error(`${root}/cpuacct/${host} has no pod ${uid}; it may just have ended`);
    this.#path = found;
  }

  /** Milliseconds of processor time since it began. */
  cpu(): number {
    return Number(this.#read("cpuacct", "cpuacct.usage")) / 1e6;
  }

  /** MiB that cannot be given back at once: what the kubelet calls the working set. */
  memory(): number {
    const inactive = /^total_inactive_file (\d+)$/m.exec(this.#read("memory", "memory.stat"))?.[1];
    return (Number(this.#read("memory", "memory.usage_in_bytes")) - Number(inactive ?? 0)) / 1024 ** 2;
  }

  #read(controller: string, file: string): string {
    return readFileSync(join(root, controller, this.#path, file), "utf8");
  }
}

/** Milliseconds of processor time that the whole machine worked. */
export function machineCpu(): number {
  const [, user, nice, system, , , irq, softirq] =
    readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/ +/) ?? [];
  return [user, nice, system, irq, softirq].reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
}
