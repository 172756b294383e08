import fc from "fast-check";
import { expect, test } from "vitest";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { type Bucket, take } from "../../lab/cloud/wire/limits.ts";
import { testCloud } from "./support/cloud.ts";

test("a second request in the same second passes, a third is 429 in plain text; a second later one passes", async () => {
  const { api, control } = await testCloud({ limits: true });
  const status = async () => (await api.call("GET", "/regions")).status;
  expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
  await control.advance(1);
  expect([await status(), await status()]).toEqual([200, 429]);
  await control.advance(1000);
  expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
  const refused = await api.call("GET", "/regions");
  expect(refused.text).toBe("error code: 1015");
});

test("launches are one in twelve seconds, and a refused one makes nothing", async () => {
  const { launch, control } = await testCloud({ limits: true });
  await control.setLimits({ requestSeconds: 0.001, requestBurst: 1000 });
  expect((await launch()).status).toBe(200);
  await control.advance(6);
  expect((await launch()).status).toBe(429);
  expect((await control.state()).instances).toHaveLength(1);
  await control.advance(6);
  expect((await launch()).status).toBe(200);
});

test("all keys of the account share the limits; requests without a key do not use them up", async () => {
  const lab = await testCloud({ limits: true, apiKeys: ["secret_test_0123", "other"] });
  const status = async (authorization: string) =>
    (await lab.api.call("GET", "/regions", { authorization })).status;
  expect(await status("Bearer wrong")).toBe(401);
  expect(await status("Bearer wrong")).toBe(401);
  expect(await status("Bearer other")).toBe(200);
  expect(await status(`Bearer ${lab.key}`)).toBe(200);
  expect(await status("Bearer other")).toBe(429);
});

test("limits use the emulated clock: at a speed of 1000 they expire a thousand times as fast", async () => {
  const { cloud, control, key } = await testCloud({ limits: true, speed: 1000 });
  await control.setLimits({ requestSeconds: 600, requestBurst: 1 });
  const status = async () => {
    const response = await fetch(`${cloud.url}/regions`, { headers: { authorization: `Bearer ${key}` } });
    await response.text();
    return response.status;
  };
  expect(await status()).toBe(200);
  await waitFor({ what: "the next request to pass", deadline: 60, interval: 0.05 }, async () => {
    const now = await status();
    return now === 200 ? true : notYet(`it is refused with ${now}`);
  });
});

test("a bucket never lets more pass than its burst and the time that went by", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 60 });
  fc.assert(
    fc.property(
      gaps,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 20 }),
      (waits, burst, seconds) => {
        let bucket: Bucket | undefined;
        let now = 0;
        let passed = 0;
        for (const wait of waits) {
          now += wait;
          const result = take(bucket, now, seconds, burst);
          bucket = result.bucket;
          if (result.passed) passed += 1;
          // Each pass may be forgiven a tenth of a token.
          expect(passed * 0.9).toBeLessThanOrEqual(burst + now / 1000 / seconds + 0.000_001);
        }
      },
    ),
  );
});
