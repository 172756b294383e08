import { readFile, stat, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { sshRefusal } from "../../lab/machines/banner.ts";
import { DockerDriver } from "../../lab/machines/docker/driver.ts";
import { ensureNetwork } from "../../lab/machines/docker/network.ts";
import { removeMachines } from "../../lab/machines/docker.ts";
import type { MachineSpec } from "../../lab/machines/driver.ts";
import { ensureEngine, NoEngine } from "../../tools/docker/engine/engine.ts";
import { run } from "../../tools/exec.ts";
import { ssh } from "./bootstrap/ssh.ts";
import { newKey, running, startTestLab, type TestLab } from "./driver/lab.ts";

const key = newKey();
let lab: TestLab;
let backend: MachineSpec;
let other: MachineSpec;

const as = (spec: MachineSpec) => ({
  address: spec.publicAddress,
  privateKey: key.privateKey,
});
/** What a command says on a machine; fails with what went wrong. */
const say = async (spec: MachineSpec, command: string) => {
  const { code, stdout, stderr } = await ssh(as(spec), command);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
  return stdout.trim();
};

/**
 * The published port takes connections before the machine's sshd does, and cloud-init restarts that once: how it ended is
 * for the tests to say.
 */
const booted = (spec: MachineSpec) =>
  waitFor({ what: `${spec.hostname} to be booted`, deadline: 300, interval: 0.5 }, () =>
    ssh(as(spec), "sudo cloud-init status --wait").catch((error: Error) => notYet(error.message)),
  );

beforeAll(async () => {
  lab = await startTestLab("driver");
  const fileSystems = [{ id: "f1", name: "sophia", mountPoint: "/lambda/nfs/sophia" }];
  backend = lab.spec(11, {
    hostname: "backend",
    authorizedKeys: [key.publicKey],
    userData:
      "#cloud-config\nwrite_files: [{ path: /etc/asked, content: asked }]\nruncmd: [[touch, /var/ran]]\n",
    fileSystems,
  });
  other = lab.spec(12, {
    authorizedKeys: [key.publicKey],
    gpus: { count: 2, model: "NVIDIA A10" },
    fileSystems,
  });
  await Promise.all([lab.driver.create(backend), lab.driver.create(other)]);
  await Promise.all([running(lab.driver, backend.id), running(lab.driver, other.id)]);
  await Promise.all([booted(backend), booted(other)]);
});
afterAll(async () => {
  await lab?.close();
});

describe("a machine boots", () => {
  test("systemd is process 1, cloud-init ends well, and no unit failed", async () => {
    expect(await say(backend, "sudo cloud-init status --wait | tail -n 1")).toContain("status: done");
    expect(await say(backend, "systemctl is-system-running --wait")).toBe("running");
    expect(await say(backend, "hostname; ps -p 1 -o comm=")).toBe("backend\nsystemd");
  });
  test("does what its user data asks for", async () => {
    expect(await say(backend, "cat /etc/asked; echo; ls /var/ran")).toBe("asked\n/var/ran");
  });
  test("has the address that the lab gave it, and reaches the others by it", async () => {
    const machine = await lab.driver.inspect(backend.id);
    expect(machine?.privateAddress).toBe(lab.network.machine(backend.publicAddress));
    expect(await say(other, `ping -c 1 -W 5 ${machine?.privateAddress} >/dev/null && echo there`)).toBe(
      "there",
    );
  });
  test("shows the GPUs that it was given", async () => {
    const lines = (await say(other, "nvidia-smi --query-gpu=index,name --format=csv,noheader")).split("\n");
    expect(lines).toEqual(["0, NVIDIA A10", "1, NVIDIA A10"]);
    expect((await ssh(as(backend), "nvidia-smi")).code).toBe(6);
  });
  test("shares its file systems, and the lab's folder has them", async () => {
    await say(backend, "echo shared > /lambda/nfs/sophia/note");
    expect(await say(other, "cat /lambda/nfs/sophia/note")).toBe("shared");
    expect(await readFile(join(lab.lab.folder, "filesystems/f1/note"), "utf8")).toBe("shared\n");
  });
  test("creating it again changes nothing", async () => {
    const before = await lab.driver.inspect(backend.id);
    expect(await lab.driver.create(backend)).toEqual(before);
    expect(await lab.driver.list()).toHaveLength(2);
  });
  test("says what happened on it", async () => {
    expect(await lab.driver.logs(backend.id)).toContain("Startup finished");
  });
});

describe("H1 who may log in", () => {
  test("ubuntu with its key, and sudo without a password", async () => {
    expect(await say(backend, "id -u; sudo id -u")).toBe("1000\n0");
  });
  test("not with another key, and not with a password", async () => {
    await expect(ssh({ ...as(backend), privateKey: newKey().privateKey }, "id")).rejects.toThrow(
      /authentication/,
    );
    const { privateKey: _, ...login } = as(backend);
    await expect(ssh({ ...login, password: "ubuntu" }, "id")).rejects.toThrow(/authentication/);
  });
  test("root gets no shell, even with the right key", async () => {
    const { stdout } = await ssh({ ...as(backend), user: "root" }, "id -u", "", /Please|0/);
    expect(stdout).toContain('Please login as the user "ubuntu"');
    expect(stdout).not.toMatch(/^0$/m);
  });
});

describe("what the machine below keeps for itself", () => {
  test("kernel settings of a host are the host's own", async () => {
    const file = "/proc/sys/kernel/panic";
    const before = await readFile(file, "utf8");
    await say(backend, "sudo sysctl -w kernel.panic=77 vm.overcommit_memory=1");
    expect(await say(backend, "sysctl -n kernel.panic")).toBe("77");
    expect(await readFile(file, "utf8")).toBe(before);
    expect(await say(other, "sysctl -n kernel.panic")).toBe(before.trim());
  });
  test("each machine is a boot of its own", async () => {
    const [one, two] = [
      await say(backend, "sysctl -n kernel.random.boot_id"),
      await say(other, "sysctl -n kernel.random.boot_id"),
    ];
    expect(one).not.toBe(two);
  });
});

describe("restart", () => {
  test("a restart is a reboot that keeps disk and addresses", async () => {
    const bootId = await say(backend, "sysctl -n kernel.random.boot_id");
    await say(backend, "sudo touch /var/lib/rancher/kept /home/ubuntu/kept; sync");
    const before = await lab.driver.inspect(backend.id);
    await lab.driver.restart(backend.id);
    const after = await running(lab.driver, backend.id);
    expect(after.privateAddress).toBe(before?.privateAddress);
    expect(after.startedAt).toBeGreaterThan(before?.startedAt ?? 0);
    expect(await say(backend, "ls /var/lib/rancher/kept /home/ubuntu/kept")).toContain(
      "/var/lib/rancher/kept",
    );
    expect(await say(backend, "sysctl -n kernel.random.boot_id")).not.toBe(bootId);
  });
  test("it can reboot itself", async () => {
    const before = await lab.driver.inspect(backend.id);
    // The connection dies with the host, as it should.
    await ssh(as(backend), "sudo reboot").catch(() => undefined);
    await waitFor({ what: "the reboot", deadline: 180, interval: 0.3 }, async () => {
      const machine = await lab.driver.inspect(backend.id);
      const again = machine?.state === "running" && (machine.startedAt ?? 0) > (before?.startedAt ?? 0);
      return again || notYet(`it is ${machine?.state}`);
    });
    expect(await say(backend, "cat /var/ran; uptime -p >/dev/null; ls /var/lib/rancher/kept")).toContain(
      "kept",
    );
  });
  test("one that was killed is stopped, and a restart brings it back", async () => {
    await run("docker", ["kill", `sophia-${lab.lab.name}-${other.id}`]);
    expect((await lab.driver.inspect(other.id))?.state).toBe("stopped");
    await lab.driver.restart(other.id);
    await running(lab.driver, other.id);
    expect(await say(other, "cat /lambda/nfs/sophia/note")).toBe("shared");
  });
});

describe("what goes wrong is said", () => {
  test("a taken address, by port and with the way to find who has it", async () => {
    const twin = lab.spec(13, {
      publicAddress: backend.publicAddress,
      id: "1ab0ffffffffffffffffffffffffffff",
    });
    await expect(lab.driver.create(twin)).rejects.toThrow(
      /already|another program uses it|Address already in use/,
    );
    await lab.driver.remove(twin.id);
    expect(await lab.driver.inspect(twin.id)).toBeUndefined();
  });
  test("no engine: one sentence and the command that fixes it", async () => {
    vi.stubEnv("DOCKER_HOST", "unix:///nowhere/docker.sock");
    try {
      const error = await ensureEngine(lab.lab.folder).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NoEngine);
      expect(String(error)).toMatch(
        /no Docker engine answers at DOCKER_HOST=unix:\/\/\/nowhere.*To fix it: .*unset DOCKER_HOST/,
      );
      expect(await lab.driver.available()).toMatchObject({
        ok: false,
        fix: expect.stringContaining("DOCKER_HOST"),
      });
      await expect(lab.driver.list()).rejects.toThrow(/docker/i);
    } finally {
      vi.unstubAllEnvs();
    }
  });
  test("a lab of the same name in another checkout is not touched", async () => {
    const twin = { name: lab.lab.name, folder: "/nowhere/else" };
    await expect(ensureNetwork(twin)).rejects.toThrow(/another checkout is up \(.*LAB=<name>/);
    expect(await removeMachines(twin)).toEqual([]);
    const driver = new DockerDriver({ lab: twin, image: "none", network: lab.network });
    expect(await driver.list()).toEqual([]);
  });
});

describe("removal", () => {
  test("takes machine and disk, leaves file systems, and is no error when repeated", async () => {
    await lab.driver.remove(other.id);
    await lab.driver.remove(other.id);
    expect(await lab.driver.inspect(other.id)).toBeUndefined();
    expect(await sshRefusal(other.publicAddress)).toContain("ECONNREFUSED");
    const volumes = (await run("docker", ["volume", "ls", "--quiet"])).stdout;
    expect(volumes).not.toContain(other.id);
    expect(await readFile(join(lab.lab.folder, "filesystems/f1/note"), "utf8")).toBe("shared\n");
  });
  test("of a whole lab leaves nothing, whatever state it was in", async () => {
    // A crash between making and starting leaves this behind.
    await run("docker", [
      "volume",
      "create",
      `--label=ai.sophia.lab=${lab.lab.name}`,
      `--label=ai.sophia.lab.folder=${lab.lab.folder}`,
      `sophia-${lab.lab.name}-half-made`,
    ]);
    await writeFile(join(lab.lab.folder, "filesystems/f1/last"), "");
    const removed = await removeMachines(lab.lab);
    expect(removed).toEqual(expect.arrayContaining([`sophia-${lab.lab.name}-half-made`, lab.network.name]));
    for (const kind of ["container", "volume", "network"]) {
      const list = kind === "container" ? ["container", "ls", "--all"] : [kind, "ls"];
      expect((await run("docker", list)).stdout).not.toContain(lab.lab.name);
    }
    // Its bridge carried the gateway's address; with the network both are gone.
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    expect(addresses.map(({ address }) => address)).not.toContain(lab.network.gateway);
    expect((await stat(join(lab.lab.folder, "filesystems/f1/last"))).isFile()).toBe(true);
    expect(await removeMachines(lab.lab)).toEqual([]);
  });
});
