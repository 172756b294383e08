import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { onTestFinished } from "vitest";
import type { Clock } from "../../../components/core/wait.ts";
import { FileJournal, type Journal } from "../../../lambda/client/journal.ts";
import { adapt } from "../../../lambda/provider/adapter.ts";
import { instance } from "../../../lambda/provider/handlers/instance.ts";
import { instanceClaim } from "../../../lambda/provider/handlers/instanceClaim.ts";
import type { Context, Timing } from "../../../lambda/reconcile/context.ts";
import type { TestCloud } from "../../cloud/support/cloud.ts";
import type { Death, Mortal } from "../../support/mortal.ts";
import { SharedTime, startProcess } from "./process.ts";

interface Row {
  id: string;
  outs: Record<string, unknown>;
  /** Half-made: the engine updates it on the next run, changed or not. */
  failed: boolean;
}
type Providers = Record<"claim" | "instance", dynamic.ResourceProvider>;

/** Inputs of the host under test. */
export const host = {
  name: "host",
  stack: "test",
  hostname: "host",
  instanceTypes: ["gpu_1x_a10"],
  regions: ["us-west-1"],
  imageFamily: "lambda-stack-22-04",
  sshKeyName: "k",
};

export interface RunOptions {
  /** What is asked differently from `host`. */
  inputs?: object | undefined;
  death?: Death | undefined;
  timing?: Partial<Timing> | undefined;
  apiKey?: string | undefined;
  /** What other hosts in the settings adopt. */
  adoptions?: Context["adoptions"] | undefined;
}
export interface RunResult {
  outcome: "done" | "died" | Error;
  requests: string[];
  moments: Mortal["moments"];
  lines: string[];
}

/** The journal of a machine that has none yet. */
function newJournal(clock: Clock): Journal {
  const folder = mkdtempSync(join(tmpdir(), "sophia-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return new FileJournal(folder, clock);
}

/**
 * What Pulumi's engine does with one host and its claim, reduced to what matters here: a step's outcome is recorded
 * when the provider answers, also that of a half-made resource, and not when the provider dies.
 */
export class Engine {
  readonly clock: SharedTime;
  journal: Journal;
  claim: Row | undefined;
  row: Row | undefined;
  /** How often the instance was replaced. */
  replacements = 0;
  readonly #cloud: TestCloud;
  constructor(cloud: TestCloud) {
    this.#cloud = cloud;
    this.clock = new SharedTime(cloud);
    this.journal = newJournal(this.clock);
  }

  /** As if the next run were on a machine that knows nothing of the runs before but their state. */
  moveToAnotherMachine(): void {
    this.journal = newJournal(this.clock);
  }

  /** Runs an operation in a provider process of its own. */
  async run(operation: "up" | "destroy" | "refresh", options: RunOptions = {}): Promise<RunResult> {
    const { clock, journal } = this;
    const { inputs, ...how } = options;
    const process = await startProcess(this.#cloud, { clock, journal, ...how });
    const context = async () => process.context;
    const providers = {
      claim: process.answering(adapt(instanceClaim, context)),
      instance: process.answering(adapt(instance, context)),
    };
    const work = {
      up: () => this.#up(providers, inputs ?? {}),
      destroy: () => this.#destroy(providers),
      refresh: () => this.#refresh(providers),
    };
    const finished = work[operation]().then(
      () => "done" as const,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    const outcome = await Promise.race([process.died, finished]);
    const { requests, moments, lines } = process;
    return { outcome, requests, moments, lines };
  }

  async #up(providers: Providers, change: object): Promise<void> {
    const { claim } = this;
    const claimInputs = "adopt" in change ? { adopt: change.adopt } : {};
    this.claim = claim
      ? await this.#recorded(claim.id, async () => {
          const { changes } = await must(providers.claim.diff)(claim.id, claim.outs, claimInputs);
          const update = () => must(providers.claim.update)(claim.id, claim.outs, claimInputs);
          return { id: claim.id, outs: claim.outs, ...(changes && (await update())) };
        })
      : await this.#recorded("", () => must(providers.claim.create)(claimInputs));
    const inputs = {
      ...host,
      claim: this.claim.id,
      spared: this.claim.outs.spared,
      ...change,
      __provider: "text",
    };
    const { failures } = await must(providers.instance.check)({}, inputs);
    if (failures?.length) throw new Error(JSON.stringify(failures));
    if (this.row) {
      const { id, outs, failed } = this.row;
      const { changes, replaces, deleteBeforeReplace } = await must(providers.instance.diff)(
        id,
        outs,
        inputs,
      );
      if (!replaces?.length) {
        if (!changes && !failed) return;
        const { update } = providers.instance;
        this.row = await this.#recorded(id, async () => ({ id, ...(await must(update)(id, outs, inputs)) }));
        return;
      }
      if (!deleteBeforeReplace) throw new Error("two would be paid for while one replaces the other");
      this.replacements += 1;
      await must(providers.instance.delete)(id, outs);
      this.row = undefined;
    }
    this.row = await this.#recorded("", () => must(providers.instance.create)(inputs));
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
      if (outs.__provider !== "text")
        throw new Error(`half-made ${id} lost the provider's text`, { cause: error });
      this.row = { id: String(error.id), outs, failed: true };
      throw error;
    }
  }

  async #refresh(providers: Providers): Promise<void> {
    if (!this.row) return;
    const { id, props } = await must(providers.instance.read)(this.row.id, this.row.outs);
    this.row = id === "" || id === undefined ? undefined : { ...this.row, outs: props ?? {} };
  }

  async #destroy(providers: Providers): Promise<void> {
    if (this.row) await must(providers.instance.delete)(this.row.id, this.row.outs);
    this.row = undefined;
    if (this.claim) await must(providers.claim.delete)(this.claim.id, this.claim.outs);
    this.claim = undefined;
  }
}

function must<T>(method: T | undefined): T {
  if (method === undefined) throw new Error("the provider lacks a method");
  return method;
}
