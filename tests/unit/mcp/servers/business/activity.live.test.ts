import { describe, expect, test } from "vitest";
import {
  deal,
  dealNames,
  deals,
  inDays,
  type Party,
  type Properties,
  them,
  us,
} from "../../../../support/servers/databases/crm.ts";
import { onStaging } from "./staging.ts";

describe("sophia_business_intelligence: calls, people and messages", () => {
  const { run, hubspot, call, ann, serving } = onStaging();

  test("P1 the calls of a week are listed from Monday to Sunday, private ones never", async () => {
    await ann();
    await call("before", "2026-11-15T23:59:00Z", [us]);
    await call("monday", "2026-11-16T00:00:00Z", [us, them("bob"), { affiliation: "External" }]);
    await call("sunday", "2026-11-22T23:59:00Z", [us]);
    await call("after", "2026-11-23T00:00:00Z", [us]);
    await call("secret", "2026-11-17T00:00:00Z", [us, them("eve")], { isPrivate: true });
    const { ask } = await serving();
    const { items } = await ask("list_calls_of_week", { day: "2026-11-18" });
    expect(items).toEqual([
      {
        callId: "monday",
        title: "Call monday",
        startedAt: "2026-11-16T00:00:00.000Z",
        minutes: 30,
        owner: "Ann Archer",
        outside: ["bob@acme.example"],
      },
      expect.objectContaining({ callId: "sunday", outside: [] }),
    ]);
    expect((await ask("list_calls_of_week", { day: "2026-11-18", owner: "archer" })).items).toHaveLength(2);
    expect((await ask("list_calls_of_week", { day: "2026-11-18", owner: "zoe" })).items).toEqual([]);
  });

  test("P1 a listed call says how many of its outside participants it leaves out", async () => {
    const many = Array.from({ length: 23 }, (_, n) => them(`guest${n}`));
    await call("large", "2026-11-16T10:00:00Z", [us, ...many]);
    await call("small", "2026-11-17T10:00:00Z", [us, ...many.slice(0, 20)]);
    const { ask } = await serving();
    const { items } = await ask("list_calls_of_week", { day: "2026-11-18" });
    expect(items).toMatchObject([{ callId: "large", outsideLeftOut: 3 }, { callId: "small" }]);
    expect(items.map(({ outside }: { outside: string[] }) => outside.length)).toEqual([20, 20]);
    expect(items[1]).not.toHaveProperty("outsideLeftOut");
  });

  test("P1 who talked to whom counts pairs, whatever the case of an address", async () => {
    const kim: Party = { emailAddress: "kim@sophia.example", name: "Kim", affiliation: "Internal" };
    await call("a", "2026-11-01T10:00:00Z", [us, them("bob")]);
    await call("b", "2026-11-02T10:00:00Z", [
      { ...us, emailAddress: "ann@sophia.example" },
      kim,
      them("bob"),
    ]);
    await call("c", "2026-11-03T10:00:00Z", [us, them("eve")], { isPrivate: true });
    await call("d", "2026-09-01T10:00:00Z", [us, them("old")]);
    const { ask } = await serving();
    const { items } = await ask("who_talked_to_whom", { from: "2026-11-01", to: "2026-11-02" });
    expect(items).toEqual([
      expect.objectContaining({
        colleague: "ann@sophia.example",
        outsider: "bob@acme.example",
        calls: 2,
        minutes: 60,
      }),
      expect.objectContaining({
        colleague: "kim@sophia.example",
        calls: 1,
        lastCall: "2026-11-02T10:00:00.000Z",
      }),
    ]);
    expect((await ask("who_talked_to_whom", { to: "2026-11-02", person: "kim" })).items).toHaveLength(1);
    expect((await ask("who_talked_to_whom", { to: "2026-11-02", person: "old" })).items).toEqual([]);
  });

  test("P1 an owner's activity counts calls and deals of the period", async () => {
    await ann();
    await hubspot("hubspot_deals_staging", dealNames, deals);
    await call("a", inDays(-1), [us], { deal: 1 });
    await call("b", inDays(-3), [us], { deal: 1 });
    await call("c", inDays(-90), [us], { deal: 2 });
    const { ask, call: said } = await serving();
    expect(await ask("get_owner_activity", { email: "Ann@sophia.example", ownerId: "7" })).toEqual({
      calls: {
        email: "Ann@sophia.example",
        name: "Ann Archer",
        count: 2,
        minutes: 60,
        lastCall: expect.any(String),
        days: 2,
        dealsTalkedAbout: 1,
      },
      deals: {
        ownerId: "7",
        open: 2,
        created: 0,
        changed: 3,
        won: 1,
        lost: 0,
        amounts: [{ currency: "USD", open: 4000.5, won: 9000 }],
      },
    });
    expect((await said("get_owner_activity")).text).toMatch(/^Nobody was named\. Give `email`/);
    expect((await said("get_owner_activity", { email: "no@sophia.example" })).text).toMatch(
      /^Gong knows no user/,
    );
  });

  test("P1 amounts of different currencies are not added up", async () => {
    const owned = { hubspot_owner_id: "7" };
    await hubspot("hubspot_deals_staging", dealNames, [
      deal({ ...owned, dealname: "a", amount: "100", deal_currency_code: "USD" }),
      deal({ ...owned, dealname: "b", amount: "200", deal_currency_code: "EUR" }),
      deal({
        ...owned,
        dealname: "c",
        amount: "30",
        deal_currency_code: "EUR",
        dealstage: "closedwon",
        closedate: inDays(-1),
      }),
      deal({ ...owned, dealname: "d", amount: "5", deal_currency_code: null }),
      deal({ ...owned, dealname: "e", deal_currency_code: "GBP" }),
    ]);
    const { ask } = await serving();
    const { deals: found } = await ask("get_owner_activity", { ownerId: "7" });
    expect(found).toMatchObject({
      open: 4,
      won: 1,
      amounts: [
        { currency: "EUR", open: 200, won: 30 },
        { currency: "USD", open: 100, won: 0 },
        { currency: null, open: 5, won: 0 },
      ],
    });
    expect((await ask("get_owner_activity", { ownerId: "nobody" })).deals).toMatchObject({
      open: 0,
      amounts: [],
    });
  });

  test.each(["who_talked_to_whom", "get_slack_activity", "get_owner_activity"])(
    "P1 %s refuses a period that ends before it begins, instead of finding nothing",
    async (name) => {
      const { call } = await serving();
      const period = {
        from: "2026-11-10",
        to: "2026-11-01",
        ...(name === "get_owner_activity" && { ownerId: "7" }),
      };
      expect(await call(name, period)).toEqual({
        isError: true,
        text: "The period ends before it begins: 2026-11-10 to 2026-11-01. Swap `from` and `to`, or leave one out.",
      });
      const future = { from: "2999-01-01", ...(name === "get_owner_activity" && { ownerId: "7" }) };
      expect((await call(name, future)).text).toMatch(/^The period ends before it begins: 2999-01-01 to \d/);
    },
  );

  test("P1 contacts are found by name, address and company", async () => {
    const names = [
      "email",
      "firstname",
      "lastname",
      "company",
      "jobtitle",
      "phone",
      "lifecyclestage",
      "hubspot_owner_id",
      "lastmodifieddate",
    ];
    const contact = (more: Properties): Properties => ({
      ...Object.fromEntries(names.map((name) => [name, null])),
      ...more,
    });
    await hubspot("hubspot_contacts_staging", names, [
      contact({
        firstname: "Bob",
        lastname: "Builder",
        email: "bob@acme.example",
        company: "Acme",
        hubspot_owner_id: "7",
      }),
      contact({ lastname: "Xu", email: "xu@zeta.example", company: "Zeta" }),
    ]);
    const { ask } = await serving();
    for (const search of ["bob build", "BOB@", "acm"])
      expect((await ask("find_contacts", { search })).items).toEqual([
        expect.objectContaining({ id: "1", name: "Bob Builder", company: "Acme" }),
      ]);
    expect((await ask("find_contacts", { search: "xu", ownerId: "7" })).items).toEqual([]);
  });

  test("P1 Slack activity counts messages and authors by channel, and quotes nobody", async () => {
    await run(`
      CREATE TABLE staging.slack_channels_staging (id text PRIMARY KEY, name text);
      CREATE TABLE staging.slack_messages_staging (channel_id text, ts text, "user" text, thread_ts text, text text, PRIMARY KEY (channel_id, ts));
      INSERT INTO staging.slack_channels_staging VALUES ('C1', 'sales'), ('C2', 'support');
      INSERT INTO staging.slack_messages_staging
        SELECT 'C1', (extract(epoch FROM timestamptz '2026-11-10') + n)::numeric(20, 6)::text, 'U' || n % 3,
          CASE WHEN n % 2 = 0 THEN '1.000000' END, 'whisper' FROM generate_series(1, 10) n;
      INSERT INTO staging.slack_messages_staging VALUES ('C2', '1.000000', 'U1', NULL, 'whisper'), ('C3', 'odd', 'U1', NULL, 'x');`);
    const { ask } = await serving();
    const answer = await ask("get_slack_activity", { from: "2026-11-01", to: "2026-11-10" });
    expect(answer.items).toEqual([
      { channel: "sales", messages: 10, authors: 3, replies: 5, lastMessage: "2026-11-10T00:00:10.000Z" },
    ]);
    expect(JSON.stringify(answer)).not.toContain("whisper");
  });
});
