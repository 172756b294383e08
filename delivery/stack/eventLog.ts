import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Gives the work a path for the engine's event log, and removes the log afterwards. Pulumi writes values into it before it
 * knows that they are secret, in a file that everyone may read, so it is in a folder that only this user may enter.
 */
export async function withEventLog<Result>(work: (log: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-events-"));
  try {
    return await work(join(folder, "events.json"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
