import type { z } from "zod";
import type { Context } from "../reconcile/context.ts";
import type { Difference } from "../reconcile/diff.ts";

/** One resource type: what it takes, and what each of Pulumi's verbs does. Outputs are what the state keeps. */
export interface Handler<Inputs, Outputs extends object> {
  /** The schema for a bag of inputs, which may depend on which of them are there. */
  inputs(bag: Record<string, unknown>): z.ZodType<Inputs>;
  create(context: Context, inputs: Inputs): Promise<{ id: string; outputs: Outputs }>;
  /** Undefined when it is gone. */
  read(context: Context, id: string, old: Outputs): Promise<Outputs | undefined>;
  /** In a preview `inputs` may hold values that are not known yet. */
  diff(context: Context, id: string, old: Outputs, inputs: Inputs): Promise<Difference>;
  update(context: Context, id: string, old: Outputs, inputs: Inputs): Promise<Outputs>;
  delete(context: Context, id: string, old: Outputs): Promise<void>;
}
