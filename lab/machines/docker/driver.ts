import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../components/core/errors.ts";
import {
  docker,
  inspect,
  isMissing,
  type LabIdentity,
  labelArguments,
  labels,
  labFilter,
  linesOf,
} from "../../../tools/docker/docker.ts";
import type { Availability } from "../../../tools/docker/engine/decide.ts";
import { engineAvailable } from "../../../tools/docker/engine/engine.ts";
import { removeContainers } from "../../../tools/docker/remove.ts";
import { CommandFailed } from "../../../tools/exec.ts";
import { sshRefusal } from "../banner.ts";
import type { Machine, MachineDriver, MachineSpec } from "../driver.ts";
import type { LabNetwork } from "./network.ts";
import { containerName, createArguments, nameserversIn, type Privilege, volumesOf } from "./options.ts";
import { findPrivilege } from "./privilege.ts";
import { gpuFile, seedFiles } from "./seed.ts";
import { explainStart, missingAlias } from "./startErrors.ts";

export interface DockerDriverOptions {
  lab: LabIdentity;
  /** Image of the machines, built by `machineImage`. */
  image: string;
  network: LabNetwork;
}

interface ContainerInspection {
  Name: string;
  State: { Status: string; StartedAt: string };
  Config: { Labels: Record<string, string> };
  HostConfig: { PortBindings: Record<string, { HostIp: string }[]> | null };
  NetworkSettings: {
    Networks: Record<string, { IPAMConfig: { IPv4Address?: string } | null; IPAddress: string }>;
  };
}

/** Machines as containers with systemd as process 1. */
export class DockerDriver implements MachineDriver {
  readonly #options: DockerDriverOptions;
  #privilege: Promise<Privilege> | undefined;
  /** Start times of machines whose SSH server has answered: no further check is needed until the next boot. */
  readonly #booted = new Map<string, number>();

  constructor(options: DockerDriverOptions) {
    this.#options = options;
  }

  async available(): Promise<Availability> {
    const engine = await engineAvailable();
    if (!engine.ok) return engine;
    try {
      await this.#findPrivilege();
      return { ok: true };
    } catch (error) {
      return {
        ok: false,
        reason: messageOf(error),
        fix: "run the lab where Docker may start privileged containers",
      };
    }
  }

  async create(spec: MachineSpec): Promise<Machine> {
    const { lab, image, network } = this.#options;
    const alias = missingAlias(process.platform, networkInterfaces(), spec.publicAddress);
    if (alias) throw new Error(alias);
    const name = containerName(lab, spec.id);
    const found = await inspect<ContainerInspection>("container", name);
    if (found && found.State.Status !== "created") return this.#machine(found);
    if (!found) {
      for (const { id } of spec.fileSystems) await this.#makeFileSystem(id);
      const args = createArguments(spec, {
        lab,
        image,
        network,
        privilege: await this.#findPrivilege(),
        nameservers: await nameservers(),
        fileSystemFolder: (id) => this.#fileSystemFolder(id),
      });
      // Created first, because implicit volumes have no labels.
      await Promise.all(
        volumesOf(lab, spec.id).map((volume) =>
          docker(["volume", "create", ...labelArguments(lab), volume.name]),
        ),
      );
      await docker(args);
    }
    await this.#seed(spec);
    const started = await docker(["start", name], { allowFailure: true });
    if (started.code !== 0) throw new Error(explainStart(spec, started.stderr));
    const machine = await this.inspect(spec.id);
    if (!machine) throw new Error(`machine ${spec.id} disappeared while it was starting`);
    return machine;
  }

  async list(): Promise<Machine[]> {
    const args = [
      "ps",
      "--all",
      "--quiet",
      ...labFilter(this.#options.lab),
      "--filter",
      `label=${labels.machine}`,
    ];
    const ids = linesOf((await docker(args)).stdout);
    if (ids.length === 0) return [];
    // A container that is removed meanwhile makes the command fail, but its output has the others.
    const { stdout } = await docker(["container", "inspect", ...ids], { allowFailure: true });
    return Promise.all((JSON.parse(stdout) as ContainerInspection[]).map((each) => this.#machine(each)));
  }

  async inspect(id: string): Promise<Machine | undefined> {
    const found = await inspect<ContainerInspection>("container", containerName(this.#options.lab, id));
    return found && this.#machine(found);
  }

  async restart(id: string): Promise<void> {
    const name = containerName(this.#options.lab, id);
    const result = await docker(["restart", "--time", "30", name], { allowFailure: true });
    if (result.code !== 0) throw new Error(`cannot restart machine ${id}: ${result.stderr.trim()}`);
  }

  async remove(id: string): Promise<void> {
    const { lab } = this.#options;
    this.#booted.delete(id);
    await removeContainers([containerName(lab, id)]);
    const names = volumesOf(lab, id).map((volume) => volume.name);
    const volumes = await docker(["volume", "rm", "--force", ...names], { allowFailure: true });
    if (volumes.code !== 0 && !isMissing(volumes.stderr))
      throw new CommandFailed("docker", ["volume", "rm"], volumes);
  }

  async logs(id: string): Promise<string> {
    const name = containerName(this.#options.lab, id);
    const console = await docker(["logs", "--tail", "200", name], { allowFailure: true });
    const journal = await docker(["exec", name, "journalctl", "--no-pager", "--lines=300"], {
      allowFailure: true,
    });
    const text = [console.stdout, console.stderr, journal.code === 0 ? journal.stdout : journal.stderr];
    return text
      .map((part) => part.trim())
      .filter(Boolean)
      .join("\n");
  }

  #findPrivilege(): Promise<Privilege> {
    this.#privilege ??= findPrivilege(this.#options.image);
    return this.#privilege;
  }

  #fileSystemFolder(id: string): string {
    return join(this.#options.lab.folder, "filesystems", id);
  }

  async #makeFileSystem(id: string): Promise<void> {
    const folder = this.#fileSystemFolder(id);
    await mkdir(folder, { recursive: true });
    // On Lambda a file system belongs to the login user. Docker Desktop maps owners itself.
    if (process.getuid?.() === 0) await chown(folder, 1000, 1000);
  }

  /** Copies the first boot's files into the container: user data can be secret, so it must not be an argument. */
  async #seed(spec: MachineSpec): Promise<void> {
    const { lab } = this.#options;
    await mkdir(lab.folder, { recursive: true });
    const folder = await mkdtemp(join(lab.folder, ".seed-"));
    try {
      const name = containerName(lab, spec.id);
      const seed = join(folder, "nocloud");
      await mkdir(seed, { mode: 0o700 });
      for (const [file, text] of Object.entries(seedFiles(spec))) {
        await writeFile(join(seed, file), text, { mode: 0o600 });
      }
      const gpus = join(folder, "lab-gpus.json");
      await writeFile(gpus, gpuFile(spec.gpus));
      await chmod(gpus, 0o644);
      await docker(["cp", `${seed}/.`, `${name}:/var/lib/cloud/seed/nocloud`]);
      await docker(["cp", gpus, `${name}:/etc/lab-gpus.json`]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #machine(found: ContainerInspection): Promise<Machine> {
    const id = found.Config.Labels[labels.machine] ?? "";
    const attached = found.NetworkSettings.Networks[this.#options.network.name];
    const privateAddress = attached?.IPAMConfig?.IPv4Address ?? attached?.IPAddress;
    const startedAt = Date.parse(found.State.StartedAt);
    return {
      id,
      state: await this.#state(id, found, startedAt),
      ...(privateAddress ? { privateAddress } : {}),
      ...(startedAt > 0 ? { startedAt } : {}),
    };
  }

  async #state(id: string, found: ContainerInspection, startedAt: number): Promise<Machine["state"]> {
    const { Status } = found.State;
    if (Status === "created" || Status === "restarting") return "booting";
    if (Status !== "running") return "stopped";
    if (this.#booted.get(id) === startedAt) return "running";
    const address = found.HostConfig.PortBindings?.["22/tcp"]?.[0]?.HostIp;
    if (!address || (await sshRefusal(address)) !== undefined) return "booting";
    this.#booted.set(id, startedAt);
    return "running";
  }
}

/** Name servers of this machine that its containers can reach; those of its local resolver where it has one. */
async function nameservers(): Promise<string[]> {
  for (const file of ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]) {
    const found = nameserversIn(await readFile(file, "utf8").catch(() => ""));
    if (found.length > 0) return found;
  }
  return [];
}
