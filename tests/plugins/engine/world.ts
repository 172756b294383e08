import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import type { Program } from "../harness.ts";

/** What the program `dynamic` makes: its things, and a journal of what its provider did. */
export function worldOf(stack: Program) {
  const folder = join(stack.dir, "world");
  const file = join(folder, "journal");
  const journal = (): string[] => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
  return {
    folder,
    journal,
    /** Waits until the provider of a service that `fail: "wait"` stops is in the middle of its work. */
    inTheMiddle: () =>
      waitFor({ what: "a provider in the middle of its work", deadline: 300, interval: 0.1 }, async () =>
        journal().includes("wait service") ? true : notYet(`its journal is: ${journal().join(", ")}`),
      ),
    /** Lets that provider go on. */
    release: () => writeFile(join(folder, "release"), ""),
  };
}
