import { describe, expect, test } from "vitest";
import { deal, dealNames, deals, inDays, shapes, us } from "../../../../support/servers/databases/crm.ts";
import { onStaging } from "./staging.ts";

describe("sophia_business_intelligence: deals", () => {
  const { run, hubspot, call, serving } = onStaging();

  test("M4 every tool is listed, read-only, with a description of one line", async () => {
    const { client } = await serving();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      "get_pipeline_by_stage",
      "list_deals_at_risk",
      "find_deals",
      "get_deal",
      "list_calls_of_week",
      "who_talked_to_whom",
      "find_contacts",
      "get_owner_activity",
      "get_slack_activity",
    ]);
    for (const { annotations, description } of tools) {
      expect(annotations?.readOnlyHint).toBe(true);
      expect(description).toMatch(/^[A-Z][^\n]+\.$/);
    }
  });

  test("M4 before Estuary's first publication each question says what is missing and who makes it", async () => {
    const { call: ask } = await serving();
    for (const [name, args] of [
      ["get_pipeline_by_stage", {}],
      ["list_deals_at_risk", {}],
      ["find_contacts", { search: "x" }],
      ["get_slack_activity", {}],
    ] as const)
      expect((await ask(name, args)).text).toMatch(
        /^There is no table (hubspot|slack)_\w+ yet\. Estuary makes it/,
      );
    await run("DROP VIEW staging.gong_calls");
    expect((await ask("list_calls_of_week")).text).toMatch(
      /^There is no table gong_calls yet\. The migrations/,
    );
  });

  test.each(Object.keys(shapes))("P1 the pipeline by stage adds up, from %s", async (shape) => {
    await hubspot("hubspot_deals_staging", dealNames, deals, shape);
    await run(
      `INSERT INTO staging.hubspot_deals_staging (id, archived, "_meta/op") VALUES (90, true, 'u'), (91, false, 'd')`,
    );
    const { ask } = await serving();
    const { items } = await ask("get_pipeline_by_stage");
    expect(items).toEqual([
      {
        pipeline: "default",
        stage: "qualified",
        currency: "USD",
        deals: 2,
        amount: 4000.5,
        weightedAmount: 2000.25,
        withoutAmount: 0,
        overdue: 1,
        nextClose: expect.any(String),
      },
      {
        pipeline: "default",
        stage: "proposal",
        currency: "USD",
        deals: 2,
        amount: 0,
        weightedAmount: 0,
        withoutAmount: 2,
        overdue: 0,
        nextClose: expect.any(String),
      },
    ]);
    const all = await ask("get_pipeline_by_stage", { includeClosed: true, ownerId: "7" });
    expect(all.items.map(({ stage, deals }: { stage: string; deals: number }) => [stage, deals])).toEqual(
      expect.arrayContaining([
        ["closedwon", 1],
        ["qualified", 2],
      ]),
    );
    const today = inDays(0).slice(0, 10);
    expect((await ask("get_pipeline_by_stage", { closingTo: today })).items).toEqual([
      expect.objectContaining({ stage: "qualified", deals: 1 }),
    ]);
  });

  test("P1 a date that does not exist counts as unknown, and every deal is still found", async () => {
    const dates = [
      ["2026-02-30", null],
      ["2026-02-28T23:59:60Z", null],
      ["2026-01-01 or so", null],
      ["0000-01-01", null],
      ["2026-01-01T25:00:00Z", null],
      ["2028-02-29", "2028-02-29T00:00:00.000Z"],
      ["2026-12-31T10:20:30.456Z", "2026-12-31T10:20:30.456Z"],
      ["2026-12-31 10:20:30+02:00", "2026-12-31T08:20:30.000Z"],
      ["1798719630456", "2026-12-31T12:20:30.456Z"],
      ["", null],
    ] as const;
    const all = dates.map(([closedate], n) => deal({ dealname: `Deal ${n}`, closedate }));
    await hubspot("hubspot_deals_staging", dealNames, all);
    const { ask } = await serving();
    const { items } = await ask("find_deals", { name: "Deal" });
    const found = new Map(
      items.map((item: { name: string; closesAt: string }) => [item.name, item.closesAt]),
    );
    expect(dates.map((_, n) => found.get(`Deal ${n}`))).toEqual(dates.map(([, at]) => at));
  });

  test("P1 deals at risk are listed with every reason, the highest risk first, and a recent call lowers the risk", async () => {
    await hubspot("hubspot_deals_staging", dealNames, deals);
    await call("c1", inDays(-2), [us], { deal: 5 });
    const { ask } = await serving();
    const { items } = await ask("list_deals_at_risk");
    expect(items.map(({ name, reasons }: { name: string; reasons: string[] }) => [name, reasons])).toEqual([
      [
        "Gamma",
        [
          "it closes within 30 days, and there was no call for 21",
          "nobody changed it for 21 days",
          "it has no amount",
        ],
      ],
      ["Beta", ["its close date has passed"]],
      ["Epsilon", ["it has no amount"]],
    ]);
    expect((await ask("list_deals_at_risk", { ownerId: "7" })).items).toHaveLength(1);
    const first = await ask("list_deals_at_risk", { limit: 2 });
    expect(first.nextCursor).toBe("2");
    expect((await ask("list_deals_at_risk", { limit: 2, cursor: "2" })).items).toEqual([
      expect.objectContaining({ name: "Epsilon" }),
    ]);
    await run("DROP TABLE staging.gong_call_deals");
    expect((await ask("list_deals_at_risk")).items).toHaveLength(3);
  });

  test("P1 deals are found by name as it is written, and shown with their calls", async () => {
    await hubspot("hubspot_deals_staging", dealNames, deals);
    await call("c1", inDays(-2), [us], { deal: 1 });
    await call("c2", inDays(-1), [us], { deal: 1, isPrivate: true });
    const { ask, call: said } = await serving();
    expect((await ask("find_deals", { name: "0%" })).items).toEqual([
      expect.objectContaining({ id: "1", name: "Acme 100%" }),
    ]);
    expect((await ask("find_deals", { name: "_" })).items).toEqual([]);
    expect((await ask("find_deals", { name: "'; DROP SCHEMA staging; --" })).items).toEqual([]);
    expect(await ask("get_deal", { id: "1" })).toMatchObject({
      name: "Acme 100%",
      calls: [{ callId: "c1" }],
    });
    for (const id of ["404", "1 ", "Acme", "18446744073709551616"])
      expect((await said("get_deal", { id })).text).toMatch(/^There is no deal .+\. `find_deals`/);
  });
});
