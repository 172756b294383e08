import type { CollectionProgress, TaskStatus } from "../types.ts";

const fresh = (): TaskStatus => ({
  state: "pending",
  since: Date.now(),
  collections: {},
  errors: 0,
  failures: 0,
});

/** How the tasks are, by name. */
export class Statuses {
  readonly #tasks = new Map<string, TaskStatus>();

  of(name: string): TaskStatus {
    return structuredClone(this.#tasks.get(name) ?? fresh());
  }

  set(name: string, state: TaskStatus["state"], message?: string): void {
    const task = this.#task(name);
    if (task.state !== state) task.since = Date.now();
    task.state = state;
    if (message !== undefined) task.message = message;
    else if (state !== "failed") delete task.message;
  }

  failed(name: string, message: string): void {
    this.set(name, "failed", message);
    const task = this.#task(name);
    task.lastFailure = { message, at: Date.now() };
    task.errors += 1;
    task.failures += 1;
  }

  moved(name: string, collection: string, docs: number, bytes: number, at: number): void {
    const progress = this.#progress(name, collection);
    progress.docs += docs;
    progress.bytes += bytes;
    progress.lastPublishedAt = at;
  }

  behind(name: string, collection: string, bytes: number): void {
    this.#progress(name, collection).bytesBehind = bytes;
  }

  forget(name: string): void {
    this.#tasks.delete(name);
  }

  #task(name: string): TaskStatus {
    const known = this.#tasks.get(name) ?? fresh();
    this.#tasks.set(name, known);
    return known;
  }

  #progress(name: string, collection: string): CollectionProgress {
    const { collections } = this.#task(name);
    const progress = collections[collection] ?? { docs: 0, bytes: 0, bytesBehind: 0 };
    collections[collection] = progress;
    return progress;
  }
}

/** What went wrong, with its causes, on one line. */
export function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return said(error.errors[0]);
  const cause = error.cause === undefined ? "" : `: ${said(error.cause)}`;
  return `${error.message || error.name}${cause}`.replaceAll(/\s+/g, " ").slice(0, 1000);
}
