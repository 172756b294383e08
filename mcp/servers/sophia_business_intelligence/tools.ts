import type { Database } from "../kit/postgres/database.ts";
import type { Tool } from "../kit/tool.ts";
import { callTools } from "./calls.ts";
import { dealTools } from "./deals.ts";
import { peopleTools } from "./people.ts";

/** A manager's questions. All are read-only, and values of the caller are parameters only. */
export const businessTools = (database: Database): Tool[] => [
  ...dealTools(database),
  ...callTools(database),
  ...peopleTools(database),
];
