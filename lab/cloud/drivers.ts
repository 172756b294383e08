import type { MachineDriver } from "../machines/driver.ts";

/** What a driver's module exports for the emulator. */
interface DriverModule {
  createDriver(options: { lab: string }): MachineDriver | Promise<MachineDriver>;
}

/** Loads a driver only when it is asked for: the fake one needs no container engine, not even its code. */
export async function loadDriver(name: "docker" | "fake", lab: string): Promise<MachineDriver> {
  const module: DriverModule = await import(`../machines/${name}.ts`);
  return module.createDriver({ lab });
}
