import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import type { Host } from "../../../k3s/host.ts";
import { commandLine } from "../../../k3s/ssh/commandLine.ts";
import { labOf } from "../../../lab/lab.ts";
import { DockerDriver } from "../../../lab/machines/docker/driver.ts";
import { prepareMachines, removeMachines } from "../../../lab/machines/docker.ts";
import { machineImage } from "../../../lab/machines/image.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { raiseLimits } from "../../../tools/docker/engine/limits.ts";
import { removeUser } from "../../../tools/docker/engine/record.ts";
import { imageOf } from "../../../tools/docker/images/build.ts";
import { type KeyPair, makeKey, type Session, ssh } from "./ssh.ts";

type HostSpec = Pick<Host, "name" | "roles" | "gpus">;

export interface TestMachine {
  host: Host;
  key: KeyPair;
  /** Runs text of `script()` as the program does. */
  run(text: string): Promise<Session>;
  /** Runs a command line as root. */
  root(command: string): Promise<Session>;
  /** Takes the machine away, as a cloud would. */
  remove(): Promise<void>;
}

export interface TestFleet {
  key: KeyPair;
  /** This machine, as the hosts see it. */
  gateway: string;
  /** Boots a real host; each call is another machine at another address, whatever its name. */
  boot(spec: HostSpec): Promise<TestMachine>;
  remove(): Promise<void>;
}

/** A lab of its own, without hosts. */
export async function makeFleet(): Promise<TestFleet> {
  const root = await mkdtemp(join(tmpdir(), "sophia-bootstrap-"));
  const suffix = randomBytes(3).toString("hex");
  const { cache } = labOf();
  const lab = { ...labOf({ LAB: `test-boot-${suffix}`, LAB_ROOT: root }), cache };
  await ensureEngine(lab.folder);
  await raiseLimits();
  const folders = await obtain([machineImage], { cache });
  const image = await imageOf(folders.get(machineImage.name) ?? "");
  const network = await prepareMachines(lab, image);
  const driver = new DockerDriver({ lab, image, network });
  const key = makeKey();
  // 127.20.n.x with a random n: labs of people have low ones.
  const block = 128 + (randomBytes(1).readUInt8() % 100);
  let booted = 0;
  return {
    key,
    gateway: network.gateway,
    async boot({ name, roles, gpus }) {
      booted += 1;
      const address = `127.20.${block}.${10 + booted}`;
      const id = `${name}-${booted}-${suffix}`;
      const spec = { id, lab: lab.name, hostname: name, publicAddress: address };
      const gpuModel = { count: gpus, model: "A10" };
      await driver.create({ ...spec, authorizedKeys: [key.publicKey], gpus: gpuModel, fileSystems: [] });
      const wait = { what: `machine ${name} to run`, deadline: 300, interval: 0.5 };
      const machine = await waitFor(wait, async () => {
        const now = await driver.inspect(id);
        if (now?.state !== "running") return notYet(`it is ${now?.state}`);
        return { privateAddress: now.privateAddress ?? "" };
      });
      const login = { address, privateKey: key.privateKey };
      // Until a boot has ended, what it starts may take the SSH server away again.
      await waitFor({ what: `the boot of ${name} to end`, deadline: 300, interval: 0.5 }, () =>
        ssh(login, "systemctl is-system-running --wait; cloud-init status --wait"),
      );
      const host: Host = {
        ...{ name, roles, gpus, address, ...machine, machineId: id },
        ...{ user: "ubuntu", port: 22, labels: {}, taints: [] },
      };
      return {
        host,
        key,
        run: (text) => ssh(login, commandLine(`test on ${name}`, 300), text),
        root: (command) => ssh(login, "exec sudo -n bash -s", command),
        remove: () => driver.remove(id),
      };
    },
    async remove() {
      await removeMachines(lab);
      await removeUser(lab.folder);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Serves files by path on `address`, until closed. */
export async function serveFiles(address: string, files: Map<string, string | { file: string }>) {
  const server = createServer((request, response) => {
    const content = files.get(request.url ?? "");
    response.writeHead(content === undefined ? 404 : 200);
    if (typeof content === "object") createReadStream(content.file).pipe(response);
    else response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://${address}:${port}`, close: () => server.close() };
}
