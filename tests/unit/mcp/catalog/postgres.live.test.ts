import type pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { catalog, isDeployed } from "../../../../mcp/catalog/index.ts";
import { startPostgres, type TestPostgres } from "../../../support/servers/databases/postgres.ts";

const entry = catalog.filter(isDeployed).find(({ name }) => name === "postgres");
let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
}, 600_000);
afterAll(() => server?.stop());
afterEach(() => vi.unstubAllEnvs());

test("M3 PostgreSQL ends a statement of the third-party server before the gateway gives up, and one whose server is gone", async () => {
  for (const [name, value] of Object.entries(entry?.environment ?? {})) vi.stubEnv(name, value);
  const client: pg.Client = await server.admin();
  try {
    const { rows } = await client.query<{ name: string; milliseconds: number }>(
      `SELECT name, setting::int AS milliseconds FROM pg_settings
       WHERE name IN ('statement_timeout', 'client_connection_check_interval') ORDER BY name`,
    );
    const [check, limit] = rows.map(({ milliseconds }) => milliseconds);
    expect(check).toBe(1000);
    expect(limit).toBeGreaterThan(0);
    expect(limit).toBeLessThan((entry?.timeout ?? 0) * 1000);
  } finally {
    await client.end();
  }
});
