import { z } from "zod";
import type { Variable } from "./variables.ts";

/** What the pipeline's jobs read beyond secrets and PostgreSQL. Their own schemas, in `data/`, say the same. */
export const pipelineVariables = {
  SOPHIA_MIGRATIONS_LOCK_TIMEOUT: {
    about: "Seconds that a statement of a migration waits for a lock, and one migration for another.",
    usedBy: ["migrations"],
    schema: z.coerce.number().positive().default(60),
    setBy: "default",
  },
  SOPHIA_PUBLISH_DEADLINE: {
    about: "Seconds to wait for tables that Estuary has not made yet; 0 publishes those that are there.",
    usedBy: ["migrations"],
    schema: z.coerce.number().min(0).default(0),
    setBy: "program",
  },
  SOPHIA_PUBLISH_TABLES: {
    about: "Which of Estuary's tables there are to be, separated by commas. Left out: all.",
    usedBy: ["migrations"],
    schema: z.string().min(1).optional(),
    setBy: "program",
  },
} as const satisfies Record<string, Variable>;
