import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What their names begin with. */
export const prefix = "sophia-test-";

/** Makes the folder for the temporary files of one test run, for `TMPDIR`. Its path is short: sockets are made in it. */
export function makeTemporary(): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  // The databases of tests run as another user, who must be able to enter this folder.
  chmodSync(folder, 0o755);
  return folder;
}

/** Removes the folder of a test run, where a compiler that an interrupted test started may still write. */
export const removeTemporary = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 });
