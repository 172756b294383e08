import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LoginName } from "../../../../components/services/postgres/logins.ts";
import {
  connected,
  type PipelineServer,
  startPipelineServer,
} from "../../../support/servers/databases/pipeline.ts";

let server: PipelineServer;
beforeAll(async () => {
  server = await startPipelineServer();
  await server.migrate();
}, 600_000);
afterAll(() => server.stop());

const as = <T>(login: LoginName, work: (client: pg.Client) => Promise<T>) => connected(server, login, work);

/** What a login sees of a statement of another's, and whether it may end it. */
async function reach(from: LoginName, to: LoginName) {
  return as(to, async (victim) => {
    await victim.query("SELECT 'a question of somebody else'");
    const { rows } = await victim.query("SELECT pg_backend_pid() AS pid");
    return as(from, async (client) => {
      const seen = await client.query("SELECT query FROM pg_stat_activity WHERE pid = $1", [rows[0].pid]);
      const ended = client.query("SELECT pg_cancel_backend($1)", [rows[0].pid]);
      return {
        query: String(seen.rows[0]?.query),
        ends: await ended.then(
          () => true,
          (error: Error) => error.message,
        ),
      };
    });
  });
}

const own = ["mcp_data", "mcp_business", "mcp_postgres", "mcp_data_even"] as const;

test.each(own.flatMap((from) => own.filter((to) => to !== from).map((to) => [from, to] as const)))(
  "S1 SQL through the login %s may neither read nor end the statements of %s",
  async (from, to) => {
    expect(await reach(from, to)).toEqual({
      query: "<insufficient privilege>",
      ends: expect.stringMatching(/must be a member of the role|permission denied to cancel query/),
    });
  },
);

test("S1 it could with the same login, as all MCP servers had one", async () => {
  expect(await reach("mcp_postgres", "mcp_postgres")).toEqual({
    query: expect.stringContaining("pg_backend_pid"),
    ends: true,
  });
});

test("S1 nobody logs in as the group that holds what MCP servers may read", async () => {
  const client = new pg.Client({ ...server.as("mcp_data"), user: "mcp" });
  await expect(client.connect()).rejects.toThrow(
    /authentication failed for user "mcp"|role "mcp" is not permitted to log in/,
  );
});
