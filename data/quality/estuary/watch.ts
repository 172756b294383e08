import { EstuaryUnreadable, type StatusClient } from "./client.ts";
import type { Task } from "./tasks.ts";

/** Seconds that an answer counts while no other comes: a lost request ends no alert of a task that failed. */
const counts = 1800;

/** Asks Estuary how its tasks are, and keeps its last answer. */
export class TaskWatch {
  readonly #client: Pick<StatusClient, "look"> | undefined;
  #last: { at: number; tasks: readonly Task[] } = { at: Number.NEGATIVE_INFINITY, tasks: [] };

  /** @param client undefined: there are no tasks to ask for */
  constructor(client: Pick<StatusClient, "look"> | undefined) {
    this.#client = client;
  }

  /**
   * That Estuary does not answer says nothing about streams, and is no reason to run no checks.
   *
   * @param at seconds since 1970
   * @returns the tasks, as they were at most half an hour ago; `fault` says why they are not of now
   */
  async look(
    at: number,
    signal: AbortSignal,
  ): Promise<{ tasks: readonly Task[]; fault: string | undefined }> {
    if (!this.#client) return { tasks: [], fault: undefined };
    try {
      this.#last = { at, tasks: await this.#client.look(signal) };
      return { tasks: this.#last.tasks, fault: undefined };
    } catch (error) {
      if (!(error instanceof EstuaryUnreadable)) throw error;
      return { tasks: at - this.#last.at <= counts ? this.#last.tasks : [], fault: error.message };
    }
  }
}
