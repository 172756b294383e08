import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { type Lab, labOf } from "../../../lab/lab.ts";
import { DockerDriver } from "../../../lab/machines/docker/driver.ts";
import type { LabNetwork } from "../../../lab/machines/docker/network.ts";
import { prepareMachines, removeMachines } from "../../../lab/machines/docker.ts";
import type { Machine, MachineDriver, MachineSpec } from "../../../lab/machines/driver.ts";
import { machineImage } from "../../../lab/machines/image.ts";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { raiseLimits } from "../../../tools/docker/engine/limits.ts";
import { stopEngine } from "../../../tools/docker/engine/stop.ts";
import { imageOf } from "../../../tools/docker/images/build.ts";

/** A lab of its own for a test file, with nothing in it but a network and a driver. */
export interface TestLab {
  lab: Lab;
  network: LabNetwork;
  driver: DockerDriver;
  /** Names, in the engine, of the images that were asked for. */
  image(artefact: Artefact): Promise<string>;
  spec(last: number, more?: Partial<MachineSpec>): MachineSpec;
  close(): Promise<void>;
}

export async function startTestLab(purpose: string, artefacts: Artefact[] = []): Promise<TestLab> {
  const root = await mkdtemp(join(tmpdir(), "sophia-test-"));
  const name = `test-${purpose}-${randomBytes(3).toString("hex")}`;
  // The built images are shared with the checkout's own lab; everything else is the test's.
  const lab: Lab = { ...labOf(), name, folder: join(root, name) };
  await ensureEngine(lab.folder);
  await raiseLimits();
  const folders = await obtain([machineImage, ...artefacts], { cache: lab.cache });
  const image = (artefact: Artefact) => imageOf(folders.get(artefact.name) ?? "");
  const network = await prepareMachines(lab, await image(machineImage));
  const driver = new DockerDriver({ lab, image: await image(machineImage), network });
  // The subnet is this lab's alone on the machine, so addresses made from its number are, too.
  const number = network.subnet.split(".")[2];
  return {
    lab,
    network,
    driver,
    image,
    spec: (last, more) => ({
      id: `1ab0${randomBytes(14).toString("hex")}`,
      lab: name,
      hostname: `host-${last}`,
      publicAddress: `127.21.${number}.${last}`,
      authorizedKeys: [],
      gpus: { count: 0, model: "" },
      fileSystems: [],
      ...more,
    }),
    async close() {
      await removeMachines(lab);
      await stopEngine(lab.folder);
      await rm(root, { recursive: true });
    },
  };
}

/** A fresh key pair: the private half in a form that ssh2 reads, the public one as OpenSSH writes it. */
export function newKey(): { privateKey: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const parsed = ssh2.utils.parseKey(pem);
  if (parsed instanceof Error) throw parsed;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return { privateKey: pem, publicKey: `${key?.type} ${key?.getPublicSSH().toString("base64")}` };
}

export const running = (driver: MachineDriver, id: string): Promise<Machine> =>
  waitFor({ what: `machine ${id}`, deadline: 180, interval: 0.3 }, async () => {
    const machine = await driver.inspect(id);
    return machine?.state === "running" ? machine : notYet(`it is ${machine?.state}`);
  });
