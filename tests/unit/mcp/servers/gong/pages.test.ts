import { expect, test } from "vitest";
import { gongCall } from "../../../../support/servers/gong.ts";
import { type Item, november, serving } from "./serving.ts";

/** Everything of a list, by its cursors. */
async function all<T>(
  ask: (name: string, args?: Record<string, unknown>) => Promise<{ items: T[]; nextCursor?: string }>,
  name: string,
  args: Record<string, unknown>,
): Promise<T[][]> {
  const pages: T[][] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(name, { ...args, ...(cursor && { cursor }) });
    pages.push(page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return pages;
}

test("M4 a limit divides Gong's own pages, and nothing is left out or comes twice", async () => {
  const { gong, ask } = await serving(4);
  gong.calls = Array.from({ length: 10 }, (_, n) => gongCall(n, { meta: { isPrivate: n === 1 } }));
  gong.users = gong.calls.map((_, n) => ({ id: String(n), active: n !== 2 }));
  const open = gong.calls.filter((_, n) => n !== 1).map(({ metaData }) => metaData.id);
  for (const [name, args, ids] of [
    ["list_calls", november, open],
    ["search_calls", { ...november, person: "acme" }, open],
    ["list_users", { active: true }, ["0", "1", "3", "4", "5", "6", "7", "8", "9"]],
  ] as const) {
    const pages = await all<Item>(ask, name, { ...args, limit: 3 });
    expect(Math.max(...pages.map(({ length }) => length)), name).toBe(3);
    expect(
      pages.flat().map(({ id }) => id),
      name,
    ).toEqual(ids);
  }
});

test("M4 the largest answers stay readable: long values are cut and say so, lists come in parts", async () => {
  const { gong, ask } = await serving();
  const long = "x".repeat(30_000);
  const address = (n: number) => `${"a".repeat(200)}${n}@acme.example`;
  gong.calls = Array.from({ length: 250 }, (_, n) =>
    gongCall(n, {
      meta: n === 0 ? { title: long, purpose: long } : { title: long.slice(0, 2000) },
      parties: Array.from({ length: 60 }, (_, p) => ({
        speakerId: `s${p}`,
        name: long.slice(0, 300),
        emailAddress: address(p),
        affiliation: "External",
      })),
      context: Array.from({ length: n === 0 ? 3 : 0 }, () => ({
        system: "HubSpot",
        objects: Array.from({ length: 30 }, (_, o) => ({
          objectType: "Deal",
          objectId: String(o),
          fields: Array.from({ length: 40 }, (_, f) => ({ name: `field_${f}`, value: long.slice(0, 900) })),
        })),
      })),
      content: n === 0 ? { brief: long, keyPoints: Array.from({ length: 200 }, () => ({ text: long })) } : {},
    }),
  );
  const whole = await ask("get_call", { id: gong.calls[0]?.metaData.id });
  expect(whole.brief).toMatch(/^x+… \(30000 characters\)$/);
  expect(whole.crm[0].fields.field_0).toMatch(/^x+… \(900 characters\)$/);
  for (const name of ["list_calls", "search_calls"]) {
    const pages = await all<Item>(ask, name, {
      ...november,
      ...(name === "search_calls" && { person: "acme" }),
    });
    expect(pages.flat(), name).toHaveLength(250);
  }
});

test("P1 a call with many participants and CRM records comes in pages, and says how many are left out", async () => {
  const { gong, ask, call } = await serving();
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
  gong.calls = [
    gongCall(1, {
      parties: numbers(55).map((n) => ({ speakerId: `s${n}`, name: `P${n}`, affiliation: "External" })),
      context: [25, 20].map((count, system) => ({
        system: `CRM ${system}`,
        objects: numbers(count).map((n) => ({
          objectType: "Deal",
          objectId: `${system}/${n}`,
          fields: numbers(n === 24 ? 32 : 1).map((f) => ({ name: `f${f}`, value: "x" })),
        })),
      })),
      content: {
        brief: "Long.",
        keyPoints: numbers(103).map((n) => ({ text: `Point ${n}` })),
        topics: numbers(101).map((n) => ({ name: `Topic ${n}`, duration: 1 })),
      },
    }),
  ];
  const id = gong.calls[0]?.metaData.id;
  const first = await ask("get_call", { id });
  expect(first.leftOut).toEqual({ parties: 35, crm: 25, keyPoints: 3, topics: 1 });
  expect([first.parties, first.crm, first.keyPoints].map(({ length }) => length)).toEqual([20, 20, 100]);
  const second = await ask("get_call", { id, cursor: first.nextCursor });
  expect(second.leftOut).toEqual({ parties: 15, crm: 5 });
  expect(second).not.toHaveProperty("brief");
  const third = await ask("get_call", { id, cursor: second.nextCursor });
  expect(third).not.toHaveProperty("leftOut");
  expect(third).not.toHaveProperty("nextCursor");
  const all = [first, second, third];
  expect(all.flatMap(({ parties }) => parties.map(({ name }: { name: string }) => name))).toEqual(
    numbers(55).map((n) => `P${n}`),
  );
  const crm = all.flatMap(({ crm: each }) => each);
  expect(crm.map(({ objectId }) => objectId)).toEqual([
    ...numbers(25).map((n) => `0/${n}`),
    ...numbers(20).map((n) => `1/${n}`),
  ]);
  expect(crm[24]).toMatchObject({ fieldsLeftOut: 2 });
  expect(crm[23]).not.toHaveProperty("fieldsLeftOut");
  expect((await ask("get_call", { id, limit: 50 })).leftOut).toEqual({ parties: 5, keyPoints: 3, topics: 1 });
  expect((await call("get_call", { id, cursor: "x" })).text).toMatch(/not one of ours/);
});
