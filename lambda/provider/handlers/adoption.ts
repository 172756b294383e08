import { z } from "zod";
import type { Adoption } from "../../reconcile/instance/spec.ts";

/** Which running instance to take over, as an input. */
export const adoption: z.ZodType<Adoption> = z.union(
  [z.object({ id: z.string().min(1) }), z.object({ name: z.string().min(1) })],
  { error: "must be { id } or { name } of a running instance" },
);
