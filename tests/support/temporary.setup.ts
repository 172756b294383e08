import { tmpdir } from "node:os";
import { basename } from "node:path";
import { makeTemporary, prefix, removeTemporary } from "./run/temporary.ts";

/**
 * Gives a run of vitest a folder of its own for temporary files: the last that it does is to remove it, also when it was
 * interrupted. Its workers, and what they start, have it as `TMPDIR`. Within `tests/run.ts`, all parts share one.
 */
export default function setup(): void {
  if (basename(tmpdir()).startsWith(prefix)) return;
  const folder = makeTemporary();
  process.env.TMPDIR = folder;
  process.once("exit", () => removeTemporary(folder));
  // What a closed terminal sends ends a process without the above; vitest takes the other signals.
  process.once("SIGHUP", () => process.exit(129));
}
