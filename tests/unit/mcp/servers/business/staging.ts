import { afterAll, beforeAll, beforeEach, onTestFinished } from "vitest";
import { businessTools } from "../../../../../mcp/servers/sophia_business_intelligence/tools.ts";
import { crmIn } from "../../../../support/servers/databases/crm.ts";
import { type Staging, startStaging } from "../../../../support/servers/databases/staging.ts";
import { calling } from "../../../../support/servers/mcp/calling.ts";

/** A staging database for the tests of a file, with empty tables before each, and the server's tools on it. */
export function onStaging() {
  let staging: Staging;
  beforeAll(async () => {
    staging = await startStaging();
  });
  afterAll(() => staging.stop());
  beforeEach(async () => {
    await staging.admin.query("DROP SCHEMA IF EXISTS staging CASCADE");
    await staging.createTables();
  });
  const serving = () => {
    const database = staging.open();
    onTestFinished(() => database.close());
    return calling(businessTools(database));
  };
  return { serving, ...crmIn(() => staging) };
}
