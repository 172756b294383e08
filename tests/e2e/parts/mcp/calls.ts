import { expect, test } from "vitest";
import { call, eras, withClient } from "../../mcpClient.ts";

/** What calls of the servers' tools must do. */
export function mcpCalls() {
  test.each(eras)("M3 a client of revision %s does real work through the one endpoint", (era) =>
    withClient(era, "/mcp", async (client) => {
      // At once: `memory` must lose none of them.
      const names = [..."abcdefghijklmnopqrst"].map((letter) => `${letter} of ${era}`);
      await Promise.all(
        names.map((name) =>
          call(client, "memory_create_entities", {
            entities: [{ name, entityType: "test", observations: ["was here"] }],
          }),
        ),
      );
      const remembered = await call(client, "memory_search_nodes", { query: `of ${era}` });
      expect(names.filter((name) => !remembered.includes(name))).toEqual([]);
      expect(await call(client, "postgres_execute_sql", { sql: "select current_user" })).toContain(
        "mcp_postgres",
      );
      const limit = "select current_setting('statement_timeout')";
      expect(await call(client, "postgres_execute_sql", { sql: limit })).toContain("55s");
      const sql = "create table x(a int)";
      await expect(call(client, "postgres_execute_sql", { sql })).rejects.toThrow(/read-only/i);
      const many = await call(client, "postgres_execute_sql", { sql: "select generate_series(1, 1000)" });
      expect(JSON.parse(many).data.statements[0]).toMatchObject({ count: 200, truncated: true });
      expect(await call(client, "sophia_infrastructure_list_hosts")).toContain("backend");
      expect(await call(client, "lambda_labs_cli_list_instances")).toContain("gpu_1x_a10");
      await expect(call(client, "nobody_nothing")).rejects.toThrow(/not found|unknown tool/i);
    }),
  );

  test("P1 M3 a client reads what the pipeline brought, and Gong itself, through the one endpoint", () =>
    withClient("2026-07-28", "/mcp", async (client) => {
      expect(await call(client, "gong_list_users")).toContain("@");
      expect(await call(client, "sophia_data_intelligence_get_pipeline_status")).toContain("gong_calls");
      const sql = "select count(*) > 0 as there from hubspot_contacts_staging";
      expect(await call(client, "sophia_data_intelligence_query_sql", { sql })).toContain("true");
      expect(await call(client, "sophia_business_intelligence_get_pipeline_by_stage")).toMatch(/stage/i);
    }));

  test("M1 L8 a client asks the language models through the one endpoint", () =>
    withClient("2026-07-28", "/mcp", async (client) => {
      const ask = async (tool: string, args: Record<string, unknown> = {}) =>
        JSON.parse(await call(client, `sophia_ai_intelligence_${tool}`, args));
      const messages = [{ role: "user", content: "how are the deals" }];
      expect((await ask("chat", { messages })).text).toContain("how are the deals");
      expect((await ask("list_models")).items).not.toEqual([]);
      const texts = ["the weather", "deals that were won"];
      const { items } = await ask("rank_by_meaning", { query: "won deals", texts });
      expect(items[0]).toMatchObject({ index: 1 });
    }));

  test("M1 no machine is rented where the stack does not allow it, also with a confirmation", () =>
    withClient("2026-07-28", "/mcp", async (client) => {
      const type = "gpu_1x_a10";
      const launch = { type, name: "e2e-refused", sshKey: "sophia-local", confirm: type };
      await expect(call(client, "lambda_labs_cli_launch_instance", launch)).rejects.toThrow(
        "This server may not launch instances",
      );
      expect(await call(client, "lambda_labs_cli_list_instances")).not.toContain("e2e-refused");
    }));
}
