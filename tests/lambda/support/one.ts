import type { dynamic } from "@pulumi/pulumi";
import type { Journal } from "../../../lambda/client/journal.ts";
import { adapt } from "../../../lambda/provider/adapter.ts";
import type { Handler } from "../../../lambda/provider/handler.ts";
import type { TestCloud } from "../../cloud/support/cloud.ts";
import { MemoryJournal } from "../../support/lambda/journal.ts";
import type { Death } from "../../support/mortal.ts";
import { SharedTime, startProcess } from "./process.ts";

type Bag = Record<string, unknown>;

/** What Pulumi's engine does with one resource of any kind; as `Engine` does it for a host. */
export class One {
  row: { id: string; outs: Bag } | undefined;
  readonly #cloud: TestCloud;
  readonly #adapted: (context: Parameters<typeof adapt>[1]) => dynamic.ResourceProvider;
  readonly #clock: SharedTime;
  readonly #journal: Journal;
  constructor(cloud: TestCloud, adapted: (context: Parameters<typeof adapt>[1]) => dynamic.ResourceProvider) {
    this.#cloud = cloud;
    this.#adapted = adapted;
    this.#clock = new SharedTime(cloud);
    this.#journal = new MemoryJournal(this.#clock);
  }

  /** Brings it to the inputs, or destroys it, in a provider process of its own. */
  async run(inputs: Bag | undefined, death?: Death): Promise<"done" | "died" | Error> {
    const process = await startProcess(this.#cloud, { clock: this.#clock, journal: this.#journal, death });
    const provider = process.answering(this.#adapted(async () => process.context));
    const finished = this.#step(provider, inputs).then(
      () => "done" as const,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    return Promise.race([process.died, finished]);
  }

  async #step(provider: dynamic.ResourceProvider, inputs: Bag | undefined): Promise<void> {
    const remove = async () => {
      if (this.row) await provider.delete?.(this.row.id, this.row.outs);
      this.row = undefined;
    };
    if (!inputs) return remove();
    if (this.row) {
      const { id, outs } = this.row;
      const difference = await provider.diff?.(id, outs, inputs);
      if (!difference?.replaces?.length) {
        const updated = difference?.changes ? await provider.update?.(id, outs, inputs) : undefined;
        this.row = { id, outs: updated?.outs ?? outs };
        return;
      }
      await remove();
    }
    const made = await provider.create(inputs);
    this.row = { id: made.id, outs: made.outs ?? {} };
  }
}

/** A resource of that kind, to be run by `One`. */
export const of =
  <Inputs, Outputs extends object>(handler: Handler<Inputs, Outputs>) =>
  (context: Parameters<typeof adapt>[1]): dynamic.ResourceProvider =>
    adapt(handler, context);
