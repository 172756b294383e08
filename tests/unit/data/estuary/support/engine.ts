import type { dynamic } from "@pulumi/pulumi";
import type { Clock } from "../../../../../components/core/wait.ts";
import { publicationProvider } from "../../../../../data/estuary/provider/publication.ts";
import type { Timing } from "../../../../../data/estuary/reconcile/context.ts";
import type { Specs } from "../../../../../data/estuary/spec/catalog.ts";
import { type Death, mortal } from "../../../../support/mortal.ts";
import { clientOf, contextOf, type TestEstuary, timing as usual } from "./estuary.ts";

interface Row {
  id: string;
  outs: Record<string, unknown>;
  /** Half-made: the engine updates it on the next run, changed or not. */
  failed: boolean;
}

export interface RunResult {
  outcome: "done" | "died" | Error;
  requests: string[];
  lines: string[];
}
interface RunOptions {
  death?: Death | undefined;
  timing?: Partial<Timing>;
}

const providerText = "text";

/**
 * What Pulumi's engine does with one publication, reduced to what matters here: a step's outcome is recorded when the
 * provider answers, also that of a half-made resource, and not when the provider dies.
 */
export class Engine {
  row: Row | undefined;
  readonly #estuary: TestEstuary;
  readonly #owner: string;
  constructor(estuary: TestEstuary, owner: string) {
    this.#estuary = estuary;
    this.#owner = owner;
  }

  up(specs: Specs, options: RunOptions = {}): Promise<RunResult> {
    return this.#run(options, async (provider) => {
      const inputs = { owner: this.#owner, names: Object.keys(specs), specs, __provider: providerText };
      const { failures } = await must(provider.check)({}, inputs);
      if (failures?.length) throw new Error(JSON.stringify(failures));
      const { row } = this;
      if (!row) {
        this.row = await this.#recorded("", () => must(provider.create)(inputs));
        return;
      }
      const { changes, replaces } = await must(provider.diff)(row.id, row.outs, inputs);
      if (replaces?.length) throw new Error("would be replaced");
      if (!changes && !row.failed) return;
      this.row = await this.#recorded(row.id, async () => ({
        id: row.id,
        ...(await must(provider.update)(row.id, row.outs, inputs)),
      }));
    });
  }

  refresh(): Promise<RunResult> {
    return this.#run({}, async (provider) => {
      if (!this.row) return;
      const { id, props } = await must(provider.read)(this.row.id, this.row.outs);
      this.row = id ? { ...this.row, outs: props ?? {} } : undefined;
    });
  }

  destroy(options: RunOptions = {}): Promise<RunResult> {
    return this.#run(options, async (provider) => {
      if (this.row) await must(provider.delete)(this.row.id, this.row.outs);
      this.row = undefined;
    });
  }

  async #recorded(
    id: string,
    work: () => Promise<{ id: string; outs?: Record<string, unknown> }>,
  ): Promise<Row> {
    try {
      const made = await work();
      return { id: made.id, outs: made.outs ?? {}, failed: false };
    } catch (error) {
      if (!(error instanceof Error && "id" in error && "properties" in error)) throw error;
      const outs = error.properties as Record<string, unknown>;
      if (outs.__provider !== providerText)
        throw new Error(`half-made ${id} lost the provider's text`, { cause: error });
      this.row = { id: String(error.id), outs, failed: true };
      throw error;
    }
  }

  /** Runs an operation in a provider process of its own. When it dies it hangs at whatever it does next. */
  async #run(
    { death, timing }: RunOptions,
    work: (provider: dynamic.ResourceProvider) => Promise<void>,
  ): Promise<RunResult> {
    const { died, requests, alive, send } = mortal(death, (input, init) => {
      const { operationName } = JSON.parse(typeof init?.body === "string" ? init.body : "{}");
      return operationName ?? new URL(String(input)).pathname;
    });
    const clock: Clock = {
      now: this.#estuary.time.now,
      sleep: async (ms) => {
        await alive();
        await this.#estuary.time.sleep(ms);
      },
    };
    const context = contextOf(this.#estuary, {
      api: clientOf(this.#estuary, { fetch: send, clock }),
      clock,
      timing: { ...usual, ...timing },
    });
    const finished = work(publicationProvider(() => context)).then(
      () => "done" as const,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    const outcome = await Promise.race([died, finished]);
    return { outcome, requests, lines: context.lines };
  }
}

function must<T>(method: T | undefined): T {
  if (method === undefined) throw new Error("the provider lacks a method");
  return method;
}
