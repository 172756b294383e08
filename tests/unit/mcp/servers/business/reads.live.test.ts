import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../../../../mcp/servers/kit/postgres/database.ts";
import { businessTools } from "../../../../../mcp/servers/sophia_business_intelligence/tools.ts";
import { type PipelineServer, startPipelineServer } from "../../../../support/servers/databases/pipeline.ts";
import { calling } from "../../../../support/servers/mcp/calling.ts";

/** A node of a plan, as `EXPLAIN ANALYZE` reports it. */
interface Node {
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: Node[];
}

let server: PipelineServer;
let database: Database;
/** Nodes of every plan that read a table. */
let scans: Node[] = [];
const scansOf = (table: string) => scans.filter((node) => node["Relation Name"] === table);
/** Rows that a plan's node looked at. */
const looked = (node: Node) =>
  (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** The database, which explains each question before it answers it. */
const explained: Database = {
  get target() {
    return database.target;
  },
  close: async () => undefined,
  read: (signal, work, callers) =>
    database.read(
      signal,
      (query) =>
        work(async (text, values) => {
          const [plan] = await query<{ "QUERY PLAN": { Plan: Node }[] }>(
            `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
            values,
          );
          const nodes = (plan?.["QUERY PLAN"] ?? []).flatMap(({ Plan }) => nodesOf(Plan));
          scans.push(...nodes.filter((node) => node["Relation Name"] !== undefined));
          return query(text, values);
        }),
      callers,
    ),
};

const calls = 20_000;
const deals = 5_000;

beforeAll(async () => {
  server = await startPipelineServer();
  await server.migrate();
  const admin = await server.admin();
  // One call an hour, for more than two years.
  await admin.query(`
    INSERT INTO gong_users_staging (user_id, email, first_name, last_name, _run_id, _extracted_at, _row_hash)
      VALUES ('11', 'ann@sophia.example', 'Ann', 'Archer', gen_random_uuid(), now(), '');
    INSERT INTO gong_calls_staging
        (call_id, title, started_at, duration_s, primary_user_id, parties, crm_context, _run_id, _extracted_at, _row_hash)
      SELECT n::text, 'Call ' || n, timestamptz '2026-11-30' - n * interval '1 hour', 1800, '11',
        '[{"affiliation": "Internal", "name": "Ann"}, {"affiliation": "External", "name": "Bob"}]',
        jsonb_build_array(jsonb_build_object('objects', jsonb_build_array(
          jsonb_build_object('objectType', 'Deal', 'objectId', (n % ${deals} + 1)::text)))),
        gen_random_uuid(), now(), ''
      FROM generate_series(1, ${calls}) n;
    CREATE TABLE hubspot_deals_staging (id bigint PRIMARY KEY, "properties/dealname" text, "properties/closedate" text);
    GRANT SELECT ON hubspot_deals_staging TO mcp;
    INSERT INTO hubspot_deals_staging SELECT n, 'Deal ' || n, '2020-01-01' FROM generate_series(1, ${deals}) n;
    ANALYZE gong_calls_staging, gong_call_deals, hubspot_deals_staging`);
  await admin.end();
  database = server.open("mcp_business");
}, 600_000);
afterAll(async () => {
  await database.close();
  await server.stop();
});

// A week has 168 of the calls.
test.each([
  { name: "list_calls_of_week", input: { day: "2026-11-18" } },
  { name: "who_talked_to_whom", input: { from: "2026-11-16", to: "2026-11-22" } },
  {
    name: "get_owner_activity",
    input: { email: "ann@sophia.example", from: "2026-11-16", to: "2026-11-22" },
  },
])("P1 $name reads the calls of its days only, by the index on their start", async ({ name, input }) => {
  scans = [];
  const { ask } = await calling(businessTools(explained));
  const answer = await ask(name, input);
  expect(JSON.stringify(answer)).toMatch(/Bob|"count":168/i);
  expect(scansOf("gong_calls_staging").map((node) => node["Index Name"])).toEqual(["gong_calls_by_start"]);
  expect(scansOf("gong_calls_staging").map(looked)).toEqual([168]);
});

// A deal has 4 of the calls.
test("P1 get_deal reads one deal and its calls by their indexes, and no other call", async () => {
  scans = [];
  const { ask } = await calling(businessTools(explained));
  const { name, calls: of } = await ask("get_deal", { id: "77" });
  expect([name, of.length]).toEqual(["Deal 77", 4]);
  expect(scansOf("gong_calls_staging")).toEqual([]);
  expect(scansOf("hubspot_deals_staging").map(looked)).toEqual([1]);
  expect(scansOf("gong_call_deals").map(looked)).toEqual([4]);
});

test("P1 list_deals_at_risk finds the last calls without reading what any call was about", async () => {
  scans = [];
  const { ask } = await calling(businessTools(explained));
  const { items } = await ask("list_deals_at_risk", { limit: 1 });
  expect(items).toEqual([expect.objectContaining({ lastCall: expect.stringMatching(/^2026-/) })]);
  expect(scansOf("gong_calls_staging")).toEqual([]);
  expect(scansOf("gong_call_deals").map(looked)).toEqual([calls]);
});
