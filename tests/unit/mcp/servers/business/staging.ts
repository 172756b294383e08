import { businessTools } from "../../../../../mcp/servers/sophia_business_intelligence/tools.ts";
import { crmIn } from "../../../../support/servers/databases/crm.ts";
import { stagingFor } from "../staging.ts";

/** A staging database with empty tables, and the server's tools on it. */
export function onStaging() {
  const { serving, staging } = stagingFor(businessTools, "empty tables");
  return { serving, ...crmIn(staging) };
}
