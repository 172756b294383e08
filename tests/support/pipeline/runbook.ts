import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../../tools/repository.ts";

/** The statements of the runbook for a pipeline that comes back at Estuary. @throws when it has others */
export function estuaryAgain(): { staging: string; warehouse: string } {
  const text = readFileSync(join(repository, "docs/runbooks/pipeline/estuary-again.md"), "utf8");
  const [staging, warehouse, ...more] = [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = ""]) => sql);
  if (!staging || !warehouse || more.length > 0) throw new Error("the runbook has other statements");
  return { staging, warehouse };
}
