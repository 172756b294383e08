import { expect, test } from "vitest";
import { gongCall } from "../../../../support/servers/gong.ts";
import { json } from "../../../../support/servers/listening.ts";
import { type Item, november, serving } from "./serving.ts";

test("M4 every tool is listed, read-only, with a description of one line", async () => {
  const { client } = await serving();
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    "list_calls",
    "get_call",
    "get_transcript",
    "search_calls",
    "list_users",
  ]);
  for (const { annotations, description } of tools) {
    expect(annotations?.readOnlyHint).toBe(true);
    expect(description).toMatch(/^[A-Z][^\n]+\.$/);
  }
});

test("P1 calls come in pages with one filter, with ids as they are, private ones left out", async () => {
  const { gong, ask, call } = await serving(2);
  gong.calls = [1, 2, 3, 4, 5].map((n) => gongCall(n, { meta: { isPrivate: n === 2 } }));
  const seen: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask("list_calls", cursor ? { cursor } : november);
    expect(page.total).toBe(5);
    seen.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  expect(seen.map(({ id }) => id)).toEqual([1, 3, 4, 5].map((n) => gongCall(n).metaData.id));
  expect(seen[0]).toMatchObject({ title: "Call 1", minutes: 30.5, primaryUserId: "11" });
  expect((await call("list_calls", { cursor: "c0" })).text).toMatch(/not one of ours/);
  expect((await call("list_calls", { from: november.to, to: november.from })).text).toMatch(
    /`from` is not before `to`/,
  );
});

test("P1 nothing found is an empty list, while another 404 is a fault", async () => {
  const { gong, ask, call } = await serving();
  expect((await ask("list_calls", november)).items).toEqual([]);
  expect(await ask("search_calls", { ...november, text: "price" })).toEqual({ scanned: 0, items: [] });
  gong.instead.push((response) => json(response, 404, { errors: ["Not Found"] }));
  expect((await call("list_calls", november)).text).toMatch(
    /^Gong refused \/v2\/calls \(404\): Not Found\. Check SOPHIA_GONG_API_URL/,
  );
});

test("P1 one call is shown with people, summary and CRM records, and a private one is not", async () => {
  const { gong, ask, call } = await serving();
  gong.calls = [
    gongCall(1, {
      context: [
        {
          system: "HubSpot",
          objects: [{ objectType: "Deal", objectId: "77", fields: [{ name: "dealname", value: "Acme" }] }],
        },
      ],
      content: {
        brief: "About price.",
        topics: [
          { name: "Pricing", duration: 60 },
          { name: "Weather", duration: 0 },
        ],
      },
    }),
    gongCall(2, { meta: { isPrivate: true } }),
  ];
  const [open, secret] = gong.calls.map(({ metaData }) => metaData.id);
  expect(await ask("get_call", { id: open })).toMatchObject({
    id: open,
    parties: [{ name: "Ann", email: "ann@sophia.example", affiliation: "Internal" }, { name: "Bob" }],
    crm: [{ system: "HubSpot", objectType: "Deal", objectId: "77", fields: { dealname: "Acme" } }],
    brief: "About price.",
    topics: ["Pricing"],
  });
  for (const name of ["get_call", "get_transcript"])
    expect((await call(name, { id: secret })).text).toMatch(/is private\. Who may read it can do so in Gong/);
  expect((await call("get_call", { id: "404" })).text).toMatch(/^Gong has no call 404\. `list_calls`/);
});

test("P1 a transcript names speakers and is returned in complete pages", async () => {
  const { gong, ask, call } = await serving();
  const transcript = Array.from({ length: 130 }, (_, n) => ({
    speakerId: n % 2 === 0 ? "s1" : "s2",
    topic: null,
    sentences: [
      { start: n * 61_000, end: n * 61_000 + 1000, text: `Sentence ${n}.` },
      { start: n * 61_000 + 1000, end: n * 61_000 + 2000, text: "Yes." },
    ],
  }));
  gong.calls = [gongCall(1, { transcript }), gongCall(2)];
  const [id, without] = gong.calls.map(({ metaData }) => metaData.id);
  const seen: { text: string }[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask("get_transcript", { id, limit: 50, ...(cursor && { cursor }) });
    seen.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  expect(seen.map(({ text }) => text)).toEqual(transcript.map((_, n) => `Sentence ${n}. Yes.`));
  expect(seen[61]).toEqual({ speaker: "Bob", at: "01:02:01", text: "Sentence 61. Yes." });
  expect((await call("get_transcript", { id: without })).text).toMatch(
    /^Gong has no transcript.*some minutes after.*try again later, or .*get_call/,
  );
});

test("P1 a search reads several pages, reports its progress, and continues from its cursor", async () => {
  const { gong, ask } = await serving(10);
  gong.calls = Array.from({ length: 80 }, (_, n) =>
    gongCall(n, {
      meta: {
        title: n % 40 === 7 ? "Price talk" : "Chat",
        isPrivate: n === 47,
        duration: n === 7 ? 60 : 1800,
      },
      ...(n === 70 && { content: { brief: "They fear the PRICE." } }),
    }),
  );
  const first = await ask("search_calls", { ...november, text: "price" });
  expect(first).toMatchObject({
    scanned: 50,
    items: [{ id: gongCall(7).metaData.id, outside: ["bob@acme.example"] }],
  });
  const second = await ask("search_calls", { cursor: first.nextCursor });
  expect(second.items).toEqual([expect.objectContaining({ id: gongCall(70).metaData.id })]);
  expect(second).not.toHaveProperty("nextCursor");
  expect((await ask("search_calls", { ...november, text: "price", minMinutes: 2 })).items).toEqual([]);
  expect((await ask("search_calls", { ...november, person: "ACME" })).items.length).toBe(49);
  expect((await ask("search_calls", { ...november, person: "zoe" })).items).toEqual([]);
});

test("P1 a found call shows ten participants from outside, and counts the others", async () => {
  const { gong, ask } = await serving();
  const party = (n: number, affiliation = "External") => ({
    speakerId: `s${n}`,
    emailAddress: `p${n}@acme.example`,
    affiliation,
  });
  const outside = (count: number) => Array.from({ length: count }, (_, n) => party(n));
  gong.calls = [10, 13].map((count, n) =>
    gongCall(n, { parties: [...outside(count), party(20, "Internal"), party(21, "Unknown")] }),
  );
  const { items } = await ask("search_calls", { ...november, person: "acme" });
  const shown = outside(10).map(({ emailAddress }) => emailAddress);
  expect(items).toMatchObject([{ outside: shown }, { outside: shown, outsideLeftOut: 3 }]);
  expect(items[0]).not.toHaveProperty("outsideLeftOut");
});

test("P1 users come in pages, former ones on demand", async () => {
  const { gong, ask } = await serving(2);
  gong.users = [1, 2, 3].map((n) => ({
    id: String(n),
    firstName: `U${n}`,
    active: n !== 2,
    settings: { secret: "x" },
  }));
  const first = await ask("list_users", { active: true });
  expect(first.items).toEqual([{ id: "1", firstName: "U1", active: true }]);
  expect((await ask("list_users", { active: true, cursor: first.nextCursor })).items).toEqual([
    { id: "3", firstName: "U3", active: true },
  ]);
});

test("P1 after 429 all requests wait as long as Gong says, and then the call succeeds", async () => {
  const { gong, ask, clock } = await serving();
  gong.calls = [gongCall(1)];
  gong.instead.push((response) => json(response, 429, { errors: ["Too many"] }, { "retry-after": "7" }));
  expect((await ask("list_calls", november)).items).toHaveLength(1);
  expect(gong.asked).toHaveLength(2);
  const total = clock.slept.reduce((sum, ms) => sum + ms, 0);
  expect(total).toBeGreaterThanOrEqual(6_990);
  expect(total).toBeLessThan(8_000);
});

test("P1 while Gong wants all to wait longer than a call may, every call says so at once", async () => {
  const { gong, call, clock } = await serving();
  gong.instead.push((response) => json(response, 429, { errors: ["Too many"] }, { "retry-after": "600" }));
  await call("list_calls", november);
  const { text } = await call("list_calls", november);
  expect(text).toMatch(/^Gong .*wait (600|599) s\. Try again after that/);
  expect(gong.asked).toHaveLength(1);
  expect(clock.slept.filter((ms) => ms > 1000)).toEqual([]);
});

test("P1 a wait that is too long for a call is an error that states it", async () => {
  const { gong, call } = await serving();
  gong.instead.push((response) => json(response, 429, { errors: ["Too many"] }, { "retry-after": "3600" }));
  expect((await call("list_calls", november)).text).toMatch(
    /asks to wait 3600 s\. Try again after that.*10,000 a day/,
  );
  expect(gong.asked).toHaveLength(1);
});

test("P1 after its share of the day the server asks Gong for nothing until midnight UTC", async () => {
  const { gong, call, clock } = await serving(undefined, 30, 3);
  gong.calls = [gongCall(1)];
  // A request that Gong refuses counts, too.
  gong.instead.push((response) => json(response, 503, {}));
  for (const wanted of [
    /Call 1/,
    /Call 1/,
    /^This server has sent its 3 requests of today to Gong\. Try again after/,
  ])
    expect((await call("list_calls", november)).text).toMatch(wanted);
  expect(gong.asked).toHaveLength(3);
  await clock.sleep(86_400_000);
  expect((await call("list_calls", november)).text).toMatch(/Call 1/);
});

test("P5 a server error of Gong is retried, and reported with its reason when it persists", async () => {
  const { gong, ask, call } = await serving();
  gong.calls = [gongCall(1)];
  gong.instead.push((response) => json(response, 503, {}));
  expect((await ask("list_calls", november)).items).toHaveLength(1);
  gong.instead.push(
    ...Array.from(
      { length: 200 },
      () => (response: Parameters<typeof json>[0]) => json(response, 500, { errors: ["boom"] }),
    ),
  );
  expect((await call("list_calls", november)).text).toMatch(
    /^Gong did not serve \/v2\/calls for 30 s: status 500.*boom/,
  );
});

test("S1 a refused key is an error that says what to do, and never shown; a rotated one works at once", async () => {
  const { gong, call, ask, log } = await serving();
  gong.calls = [gongCall(1)];
  const right = gong.accessKeySecret;
  let sent = "";
  gong.instead.push((response) => {
    sent = String(response.req.headers.authorization);
    json(response, 401, { errors: [`bad credentials ${sent} ${right}`] });
  });
  const { text } = await call("list_calls", november);
  expect(text).toMatch(/^Gong refused \/v2\/calls \(401\).*Make a new access key/);
  expect(sent).not.toBe("");
  for (const secret of [sent.slice("Basic ".length), right]) expect(text + log.join()).not.toContain(secret);
  expect((await ask("list_calls", november)).items).toHaveLength(1);
});

test("M4 a response with another schema is an error that names the field", async () => {
  const { gong, call } = await serving();
  gong.instead.push((response) => json(response, 200, { calls: [{ id: 9_223_372 }] }));
  expect((await call("list_calls", november)).text).toMatch(/not as documented: calls\.0\.id: .*string/);
});
