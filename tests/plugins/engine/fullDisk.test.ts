import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { whileSpaceLasts } from "../../../lab/commands/preflight/space.ts";
import { mendState, removeDeadLocks } from "../../../lab/pulumi/locks.ts";
import { canMount, smallDisk } from "../../support/smallDisk.ts";
import { brief } from "../events.ts";
import { runProgram } from "../harness.ts";
import { worldOf } from "./world.ts";

test.skipIf(!canMount)(
  "a disk that is filled in the middle of an update, at once: the state stays whole, and the next update goes on (Linux and root only)",
  async () => {
    const disk = await smallDisk(8e6);
    const state = join(disk.folder, "state");
    const stack = await runProgram({
      program: join(import.meta.dirname, "../programs/dynamic"),
      secrets: { password: "a b c" },
      name: "full-disk",
      state,
    });
    const { folder, journal, inTheMiddle, release } = worldOf(stack);
    const update = whileSpaceLasts(
      disk.folder,
      new AbortController().signal,
      async (signal) => {
        // As `make up` interrupts the CLI.
        const interrupt = once(signal, "abort").then(() => "SIGTERM" as const);
        const done = await stack.up({ config: { folder, host: "one", fail: "wait" }, interrupt });
        signal.throwIfAborted();
        return done;
      },
      { least: 1e6, held: 1e6 },
    );
    update.catch(() => undefined);
    await inTheMiddle();
    await disk.fill(0);
    // The service exists from now on, and the engine has no room to record it.
    await release();
    await expect(update).rejects.toThrow(/ has 0 MB free: free some space .* run `make up` again/);
    const text = await readFile(join(state, ".pulumi/stacks/program-dynamic", "full-disk.json"), "utf8");
    expect(() => JSON.parse(text), text.slice(0, 200)).not.toThrow();

    await disk.free();
    await removeDeadLocks(state);
    await mendState(state);
    const next = await stack.up();
    expect(next.code, next.stdout + next.stderr).toBe(0);
    expect(brief(next.steps)).toEqual(["create after"]);
    expect(
      journal()
        .filter((line) => line.startsWith("create"))
        .sort(),
    ).toEqual(["create after after", "create host one", "create service on one", "create tenant tenant"]);
  },
);
