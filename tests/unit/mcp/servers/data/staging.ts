import { dataTools } from "../../../../../mcp/servers/sophia_data_intelligence/tools.ts";
import { stagingFor } from "../staging.ts";

/** A database without the pipeline's tables, the server's tools on it, and statements as its administrator. */
export function onStaging() {
  const { serving, staging } = stagingFor(dataTools, "no schema");
  return { serving, staging, insert: (text: string) => staging().admin.query(text) };
}
