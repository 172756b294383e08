import { notYet, Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import type { Context } from "./context.ts";
import { giveUpUnlessPassing } from "./job.ts";

/**
 * Waits until published tasks run. A task that only just failed may recover by itself, so an error counts when it
 * lasts for the settle deadline.
 *
 * @param tasks Catalog names of captures and materializations.
 */
export async function untilRunning(context: Context, tasks: readonly string[]): Promise<void> {
  const { api, clock, timing } = context;
  const failingSince = new Map<string, number>();
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
      const text = `${name} is ${status ? `${status.type.toLowerCase()}: ${status.summary}` : "not judged yet"}`;
      open.push(text);
      if (status?.type !== "ERROR") failingSince.delete(name);
      else if (!failingSince.has(name)) failingSince.set(name, clock.now());
      const failing = clock.now() - (failingSince.get(name) ?? clock.now());
      if (failing >= timing.settleDeadline * 1000 && status?.type === "ERROR")
        throw new Unrecoverable(new Error(`${text} (for ${Math.round(failing / 1000)} s)`));
    }
    return open.length === 0 ? true : notYet(open.join("; "));
  });
}
