import { expect, onTestFinished, test } from "vitest";
import { HubspotSource, hubspotObjects } from "../../../../data/quality/source/hubspot.ts";
import { compareWithSource, noAnswer } from "../../../../data/quality/source/judge.ts";
import { startSaas } from "../../../support/pipeline/saas.ts";
import { listening } from "../../../support/servers/listening.ts";

const signal = new AbortController().signal;
const { hubspot_contacts: contacts, hubspot_deals: deals } = hubspotObjects;

/** The lab's HubSpot, and what asks it. */
async function startSource() {
  const saas = await startSaas();
  onTestFinished(() => saas.stop());
  const { credentials } = saas.hubspotConfig;
  if (credentials.credentials_title !== "OAuth Credentials") throw new Error("other credentials");
  const clock = { now: Date.now() };
  const options = {
    url: saas.hubspotUrl,
    clientId: credentials.client_id,
    clientSecret: credentials.client_secret,
    refreshToken: credentials.refresh_token,
    now: () => clock.now,
  };
  const asked = (path: string) => saas.hubspot.journal.filter((line) => line.includes(path)).length;
  return { saas, clock, options, source: new HubspotSource(options), asked };
}

test("P5 a change counts as missing from itself or the last load on, whichever is later", () => {
  const compare = (changed: number | undefined, newest: number | undefined, loaded: number | undefined) =>
    compareWithSource("s", { changed }, { newest, loaded }, { before: undefined, at: 1000 }).lag;
  expect(compare(undefined, 500, 500)).toBe(0);
  expect(compare(500, 500, 500)).toBe(0);
  expect(compare(600, 500, 500)).toBe(400);
  // The first load goes on, and its newest records may come last.
  expect(compare(600, 500, 990)).toBe(10);
  expect(compare(600, undefined, undefined)).toBe(0);
  // A clock that is ahead of ours.
  expect(compare(1100, 500, 500)).toBe(0);
});

test("P5 what a source does not say is as it last said, until staging has it", () => {
  const at = { before: undefined, at: 1000 };
  const before = compareWithSource("s", { changed: 600 }, { newest: 500, loaded: 500 }, at);
  const refusal = { refused: 429, why: "too much" };
  const later = (newest: number) =>
    compareWithSource("s", refusal, { newest, loaded: newest }, { before, at: 2000 });
  expect(later(500)).toEqual({ stream: "s", refused: 429, why: "too much", missing: 600, lag: 1400 });
  expect(later(600)).toMatchObject({ refused: 429, missing: undefined, lag: undefined });
  expect(compareWithSource("s", refusal, { newest: 1, loaded: 1 }, at).lag).toBeUndefined();
});

test("P5 HubSpot is asked what changed after a moment, with one token until shortly before its end", async () => {
  const { saas, source, clock, asked } = await startSource();
  const newest = async () => {
    const answer = await source.changedAfter(contacts, 0, signal);
    if (!("changed" in answer) || answer.changed === undefined) throw new Error(JSON.stringify(answer));
    return answer.changed;
  };
  expect(await newest()).toBeLessThan(Date.now() / 1000);
  const now = Date.now() / 1000;
  expect(await source.changedAfter(contacts, now, signal)).toEqual({ changed: undefined });
  const { created } = await saas.order("hubspot", "change", { object: "deals", create: 2 });
  const [first] = created as number[];
  const record = saas.hubspot.store.objects.deals.get(first ?? 0);
  const at = (record?.updatedAt ?? 0) / 1000;
  expect(await source.changedAfter(deals, at - 0.001, signal)).toEqual({ changed: at });
  expect(asked("oauth")).toBe(1);
  clock.now += 1700 * 1000;
  await newest();
  expect(asked("oauth")).toBe(2);
  // HubSpot ended it early: told once, and another one is asked for.
  await saas.order("hubspot", "expireTokens");
  expect(await source.changedAfter(contacts, 0, signal)).toMatchObject({ refused: 401 });
  await newest();
});

test("P5 a refusal is its status, asked once, and says no secret", async () => {
  const { saas, source, options, asked } = await startSource();
  await source.changedAfter(contacts, 0, signal);
  const searches = asked("search");
  await saas.order("hubspot", "faults", { kind: "rateLimited", retryAfter: 0 });
  expect(await source.changedAfter(contacts, 0, signal)).toEqual({
    refused: 429,
    why: "/crm/v3/objects/contacts/search: 429, RATE_LIMITS",
  });
  expect(asked("search")).toBe(searches + 1);
  await saas.order("hubspot", "faults", { clear: true });
  await saas.order("hubspot", "faults", { kind: "serverError", path: "oauth" });
  const fresh = await new HubspotSource(options).changedAfter(contacts, 0, signal);
  expect(fresh).toMatchObject({ refused: 500, why: "/oauth/v1/token: 500, INTERNAL_ERROR" });
  await saas.order("hubspot", "faults", { clear: true });
  await saas.order("hubspot", "faults", { kind: "down" });
  expect(await source.changedAfter(contacts, 0, signal)).toMatchObject({ refused: noAnswer });
  await saas.order("hubspot", "faults", { clear: true });
  const wrong = new HubspotSource({ ...options, refreshToken: "another" });
  const refused = await wrong.changedAfter(contacts, 0, signal);
  expect(refused).toEqual({ refused: 400, why: "/oauth/v1/token: 400, BAD_REFRESH_TOKEN" });
});

test("P5 an answer that never comes, is too long, or is no JSON is a refusal; the signal ends the wait", async () => {
  const ask = async (text: string | undefined, timeout?: number) => {
    const url = await listening((_asked, response) => {
      if (text !== undefined) response.end(text);
    });
    const source = new HubspotSource({ url, clientId: "a", clientSecret: "b", refreshToken: "c", timeout });
    return source.changedAfter(contacts, 0, signal);
  };
  const why = (text: string) => expect.stringContaining(text);
  expect(await ask(undefined, 0.05)).toMatchObject({ refused: noAnswer, why: why("no answer") });
  expect(await ask("x".repeat(100_000))).toMatchObject({ refused: noAnswer, why: why("more than 65536") });
  expect(await ask("<html>")).toMatchObject({ refused: 200, why: why("cannot be read") });
  const { source } = await startSource();
  const over = AbortSignal.abort(new Error("over"));
  await expect(source.changedAfter(contacts, 0, over)).rejects.toThrow("over");
});
