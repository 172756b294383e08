import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../../../components/core/wait.ts";
import type { Host } from "../../../k3s/host.ts";
import { commandLine } from "../../../k3s/ssh/remoteScript.ts";
import { obtain } from "../../../lab/artefacts/obtain.ts";
import { imageOf } from "../../../lab/images/build.ts";
import { machineImage } from "../../../lab/images/machine.ts";
import { labOf } from "../../../lab/lab.ts";
import { createDriver, prepareMachines, removeMachines } from "../../../lab/machines/docker.ts";
import type { Machine } from "../../../lab/machines/driver.ts";
import { ensureEngine } from "../../../lab/machines/engine/engine.ts";
import { type KeyPair, makeKey, type Session, ssh } from "./ssh.ts";

export interface TestMachine {
  host: Host;
  key: KeyPair;
  /** Runs text of `script()` as the program does. */
  run(text: string): Promise<Session>;
  /** Runs a command line as root. */
  root(command: string): Promise<Session>;
}

export interface TestFleet {
  machines: TestMachine[];
  /** This machine, as the hosts see it. */
  gateway: string;
  remove(): Promise<void>;
}

/** Boots real hosts, in a lab of their own. */
export async function bootFleet(hosts: Pick<Host, "name" | "roles" | "gpus">[]): Promise<TestFleet> {
  const root = await mkdtemp(join(tmpdir(), "sophia-bootstrap-"));
  const suffix = randomBytes(3).toString("hex");
  const environment = { ...process.env, LAB: `test-boot-${suffix}`, LAB_ROOT: root };
  const { cache } = labOf();
  const lab = { ...labOf(environment), cache };
  await ensureEngine(lab.folder);
  const folders = await obtain([machineImage], { cache });
  const network = await prepareMachines(lab, await imageOf(folders.get(machineImage.name) ?? ""));
  process.env.LAB_ROOT = root;
  const driver = await createDriver({ lab: lab.name }).finally(() => restore("LAB_ROOT", environment));
  const key = makeKey();
  // 127.20.n.x with a random n: labs of people have low ones.
  const block = 128 + (randomBytes(1).readUInt8() % 100);
  const machines = await Promise.all(
    hosts.map(async ({ name, roles, gpus }, index): Promise<TestMachine> => {
      const id = `${name}-${suffix}`;
      const address = `127.20.${block}.${11 + index}`;
      await driver.create({
        id,
        lab: lab.name,
        hostname: name,
        publicAddress: address,
        authorizedKeys: [key.publicKey],
        gpus: { count: gpus, model: "A10" },
        fileSystems: [],
      });
      const machine = await waitFor<Machine>(
        { what: `machine ${name} to run`, deadline: 180, interval: 0.5 },
        async () => {
          const now = await driver.inspect(id);
          return now?.state === "running" ? now : { notYet: `it is ${now?.state}` };
        },
      );
      const login = { address, privateKey: key.privateKey };
      await waitFor({ what: `a login on ${name}`, deadline: 60, interval: 0.5 }, () => ssh(login, "true"));
      const privateAddress = machine.privateAddress ?? "";
      const host: Host = {
        ...{ name, roles, gpus, address, privateAddress, machineId: id },
        ...{ user: "ubuntu", port: 22, labels: {}, taints: [] },
      };
      return {
        host,
        key,
        run: (text) => ssh(login, commandLine(`test on ${name}`, 300), text),
        root: (command) => ssh(login, "exec sudo -n bash -s", command),
      };
    }),
  );
  return {
    machines,
    gateway: network.gateway,
    async remove() {
      await removeMachines(lab);
      await rm(root, { recursive: true, force: true });
    },
  };
}

function restore(name: string, environment: Record<string, string | undefined>) {
  const before = environment[name];
  if (before === undefined) delete process.env[name];
  else process.env[name] = before;
}

/** Serves files by path on `address`, until closed. */
export async function serveFiles(address: string, files: Map<string, string>) {
  const server = createServer((request, response) => {
    const text = files.get(request.url ?? "");
    response.writeHead(text === undefined ? 404 : 200);
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://${address}:${port}`, close: () => server.close() };
}
