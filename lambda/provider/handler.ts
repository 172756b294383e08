import type { z } from "zod";
import type { Context } from "../reconcile/context.ts";
import type { Difference } from "../reconcile/diff.ts";

/** One resource type: its inputs, and what each operation of Pulumi does. Outputs are kept in the state. */
export interface Handler<Inputs, Outputs extends object> {
  /** The schema of the inputs, which may depend on which of them are set. */
  inputs(bag: Record<string, unknown>): z.ZodType<Inputs>;
  create(context: Context, inputs: Inputs): Promise<{ id: string; outputs: Outputs }>;
  /** Undefined when it no longer exists. */
  read(context: Context, id: string, old: Outputs): Promise<Outputs | undefined>;
  /** In a preview `inputs` may hold values that are not known yet. */
  diff(context: Context, id: string, old: Outputs, inputs: Inputs): Promise<Difference>;
  update(context: Context, id: string, old: Outputs, inputs: Inputs): Promise<Outputs>;
  delete(context: Context, id: string, old: Outputs): Promise<void>;
}
