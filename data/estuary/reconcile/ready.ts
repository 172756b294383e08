import { notYet, Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import { sayable } from "../client/status.ts";
import type { Context } from "./context.ts";
import { giveUpUnlessPassing } from "./job.ts";

/**
 * Waits until published tasks run. An error is no end before the deadline: a materialization that is new fails at its
 * first document on purpose, until Estuary has inferred the collection's schema from it and published that, which takes
 * minutes. What is wrong for good was tried by the connectors when the task was published.
 *
 * @param tasks Catalog names of captures and materializations.
 */
export async function untilRunning(context: Context, tasks: readonly string[]): Promise<void> {
  const { api, clock, timing, log } = context;
  const failing = new Set<string>();
  const wait = {
    what: `${tasks.join(", ")} to run`,
    deadline: timing.readyDeadline,
    interval: timing.pollInterval,
    clock,
  };
  await waitFor(wait, async () => {
    const live = new Map((await api.live(tasks).catch(giveUpUnlessPassing)).map((one) => [one.name, one]));
    const open: string[] = [];
    for (const name of tasks) {
      const task = live.get(name);
      if (task === undefined)
        throw new Unrecoverable(new Error(`${name} was published and is not live any more`));
      const status = task.status;
      if (task.disabled || status?.type === "OK" || status?.type === "TASK_DISABLED") continue;
      const text = `${name} is ${status ? `${status.type.toLowerCase()}: ${sayable(status.summary)}` : "not judged yet"}`;
      open.push(text);
      if (status?.type !== "ERROR" || failing.has(name)) continue;
      failing.add(name);
      log(`${text}; this may pass, so it is waited for (pipeline.estuary.readyDeadline, ${wait.deadline} s)`);
    }
    return open.length === 0 ? true : notYet(open.join("; "));
  });
}
