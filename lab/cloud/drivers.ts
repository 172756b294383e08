import type { MachineDriver } from "../machines/driver.ts";
import type { Options } from "./options.ts";

/** Loads a driver only when it is asked for: the fake one needs no container engine, not even its code. */
export async function loadDriver(options: Options): Promise<MachineDriver> {
  if (options.driver === "fake") {
    const { FakeDriver } = await import("../machines/fake.ts");
    return new FakeDriver();
  }
  const { labFolder, image } = options;
  if (!labFolder || !image) throw new Error("--driver docker needs --lab-folder and --image");
  const { DockerDriver } = await import("../machines/docker/driver.ts");
  const { ensureNetwork } = await import("../machines/docker/network.ts");
  const lab = { name: options.lab, folder: labFolder };
  return new DockerDriver({ lab, image, network: await ensureNetwork(lab) });
}
