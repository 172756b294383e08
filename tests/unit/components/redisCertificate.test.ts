import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { begin, provider, succeed } from "../../../components/services/redis/certificateProvider.ts";

const names = ["redis.data.svc", "redis"];
const year = 365 * 24 * 3600 * 1000;
const certificatesIn = (pem: string) => pem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? [];
const validUntil = (pem: string) => Date.parse(new X509Certificate(pem).validTo);

test("S4 Redis's certificate is followed by one that its clients trust already, over and over", async () => {
  const start = Date.now();
  let now = start;
  let state = await begin(names, now);
  for (const after of [9.5, 19, 28.5]) {
    const before = state;
    now = start + after * year;
    state = await succeed(before, now);
    expect(state.certificate).not.toBe(before.certificate);
    expect(certificatesIn(before.trusted)).toContain(state.certificate);
    expect(certificatesIn(state.trusted)).toEqual([state.certificate, state.successor.certificate]);
    expect(new X509Certificate(state.certificate).checkHost("redis")).toBe("redis");
    expect(state.key).toBe(before.successor.key);
    // Another year, in which the next takes over.
    expect(validUntil(state.certificate)).toBeGreaterThan(now + 9 * year);
  }
});

test("S4 Redis's certificate changes by an update in its last year, and with its names, and else never", async () => {
  const changes = async (at: number, asked = names) => {
    const state = await begin(names, Date.now() - at);
    return (await provider.diff?.("redis", state, { names: asked }))?.changes;
  };
  expect(await changes(8.9 * year)).toBe(false);
  expect(await changes(9.1 * year)).toBe(true);
  expect(await changes(0, ["redis.other.svc"])).toBe(true);
});

test("S4 a successor that nobody called for in twenty years is not used any more", async () => {
  const old = await begin(names, Date.now() - 19.5 * year);
  const { certificate, trusted } = await succeed(old);
  expect(certificatesIn(old.trusted)).not.toContain(certificate);
  expect(certificatesIn(trusted)).toHaveLength(2);
  expect(validUntil(certificate)).toBeGreaterThan(Date.now() + 9 * year);
});
