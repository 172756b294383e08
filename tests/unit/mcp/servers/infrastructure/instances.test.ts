import { expect, test } from "vitest";
import { apiKeyFrom } from "../../../../../mcp/servers/kit/lambda.ts";
import { rentedInstances } from "../../../../../mcp/servers/sophia_infrastructure/lambda.ts";
import { testCloud } from "../../../../cloud/support/cloud.ts";
import { serving } from "./serving.ts";

/** The emulated account with one instance, and the tools that look at it. */
async function renting() {
  const cloud = await testCloud();
  const id = await cloud.launched({ name: "mcp" });
  await cloud.control.advance(600);
  const keyFile = { key: cloud.key };
  const clock = { time: 0, now: () => clock.time };
  const account = { apiUrl: cloud.cloud.url, apiKey: () => keyFile.key, requestsPerSecond: 1000 };
  const asked = async () =>
    (await cloud.control.journal()).filter((entry) => JSON.stringify(entry).includes('"GET"')).length;
  return {
    ...cloud,
    id,
    keyFile,
    clock,
    asked,
    ...(await serving({ instances: rentedInstances(account, clock) })),
  };
}

test("S1 instances are shown with type and price, and never with their Jupyter token", async () => {
  const { call, items, id, instance, log } = await renting();
  const token = String(((await instance(id)) as { jupyter_token?: unknown }).jupyter_token);
  expect(token.length).toBeGreaterThan(8);
  const { text } = await call("list_instances");
  expect(JSON.parse(text).items).toEqual([
    {
      id,
      name: "mcp",
      status: "active",
      type: "gpu_1x_a10",
      region: "us-west-1",
      address: expect.stringMatching(/^127\./),
      hourlyUsd: expect.any(Number),
    },
  ]);
  expect(text + log.join()).not.toContain(token);
  expect(text).not.toMatch(/jupyter|token/i);
  expect(await items("list_instances", { status: "active" })).toHaveLength(1);
  expect(await items("list_instances", { status: "terminated" })).toEqual([]);
});

test("S1 a wrong API key is an error that says what to do, without the key; a rotated one works at once", async () => {
  const { call, keyFile, key, log } = await renting();
  keyFile.key = "secret_wrong_0123456789";
  const { isError, text } = await call("list_instances");
  expect(isError).toBe(true);
  expect(text).toMatch(/did not list the instances: .*401.*set the secret sophia-infra:lambdaApiKey/);
  expect(text).not.toMatch(/Try again in a minute/);
  expect(text + log.join()).not.toContain(keyFile.key);
  keyFile.key = key;
  expect((await call("list_instances")).isError).toBe(false);
});

test("calls within ten seconds share one request to the account, also concurrent ones", async () => {
  const { call, asked, clock } = await renting();
  const before = await asked();
  const answers = await Promise.all([1, 2, 3].map(() => call("list_instances")));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  clock.time = 9_999;
  await call("list_instances");
  expect((await asked()) - before).toBe(1);
  clock.time = 10_000;
  await call("list_instances");
  expect((await asked()) - before).toBe(2);
});

test("a failure is not kept: the next call asks again", async () => {
  const { call, control } = await renting();
  await control.setAccount({ standing: "inactive" });
  expect((await call("list_instances")).text).toMatch(
    /403.*Trying again does not help: whoever owns the account/,
  );
  await control.setAccount({ standing: "good" });
  expect((await call("list_instances")).isError).toBe(false);
});

test("W5 without a key the tool says where one is set", async () => {
  const { call } = await serving({});
  expect((await call("list_instances")).text).toMatch(/no Lambda Cloud API key\. Set lambdaApiKey/);
  const apiKey = apiKeyFrom("/nowhere/key");
  const unreadable = rentedInstances({ apiUrl: "http://127.0.0.1:1", apiKey, requestsPerSecond: 1 });
  await expect(unreadable()).rejects.toThrow(/lambdaApiKey cannot be read\. Set lambdaApiKey/);
});
