import type { z } from "zod";
import type { ConsumerName } from "../consumers.ts";
import type { AnySecretName } from "../secrets.ts";

/** One environment variable that the platform or its services know. */
export interface Variable {
  about: string;
  usedBy: readonly ConsumerName[];
  /** What is accepted; a default in it makes the variable one that may be left out. */
  schema: z.ZodType;
  /**
   * Who sets it: `program` our Pulumi program, `stack` the stack file in `mcp.servers.<name>.variables`, `kubernetes` the
   * kubelet, `person` a person at a shell. `default`: in pods it is not set.
   */
  setBy: "program" | "stack" | "kubernetes" | "person" | "default";
  /** Names begin with `SOPHIA_`, the lab's with `LAB`. Whose name it is where it does not. */
  standard?: string;
  /** The secret that it holds. A name that ends with `_FILE` holds the path of a file with it. */
  secret?: AnySecretName;
}
