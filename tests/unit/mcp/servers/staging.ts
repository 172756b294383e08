import { afterAll, beforeAll, beforeEach, onTestFinished } from "vitest";
import type { Database } from "../../../../mcp/servers/kit/postgres/database.ts";
import { type Staging, startStaging } from "../../../support/servers/databases/staging.ts";
import { calling } from "../../../support/servers/mcp/calling.ts";

/**
 * A staging database for the tests of a file, and a server's tools on it. Before each test there is no schema `staging`,
 * or one with empty tables.
 */
export function stagingFor(
  tools: (database: Database) => Parameters<typeof calling>[0],
  before: "no schema" | "empty tables",
) {
  let staging: Staging;
  beforeAll(async () => {
    staging = await startStaging();
  });
  afterAll(() => staging.stop());
  beforeEach(async () => {
    await staging.admin.query("DROP SCHEMA IF EXISTS staging CASCADE");
    if (before === "empty tables") await staging.createTables();
  });
  const serving = (database: Database = staging.open()) => {
    onTestFinished(() => database.close());
    return calling(tools(database));
  };
  return { serving, staging: () => staging };
}
