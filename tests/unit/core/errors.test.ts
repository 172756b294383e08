import { type AddressInfo, connect, createServer, type LookupFunction } from "node:net";
import { expect, test } from "vitest";
import { causeOf, messageOf } from "../../../components/core/errors.ts";

test("the reason of a failed request is that of its cause, where it has one", () => {
  const refused = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 192.0.2.1:443") });
  expect(messageOf(refused)).toBe("fetch failed");
  expect(causeOf(refused)).toBe("connect ECONNREFUSED 192.0.2.1:443");
  expect(causeOf(new Error("alone"))).toBe("alone");
  expect(causeOf("thrown as text")).toBe("thrown as text");
});

/** What a connection to a name with two addresses fails with where nobody listens at either. */
async function refusedTwice(): Promise<Error> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((done) => void server.close(() => done()));
  const addresses = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
  const lookup: LookupFunction = (_host, _options, found) => found(null, addresses);
  return new Promise((done) => connect({ host: "two.test", port, lookup }).on("error", done));
}

test("C1 a reason is never empty: whoever asks a name with several addresses is told why the first failed", async () => {
  const refused = await refusedTwice();
  expect(refused.message).toBe("");
  const reason = /^connect ECONNREFUSED 127\.0\.0\.1:/;
  expect(messageOf(refused)).toMatch(reason);
  expect(causeOf(new TypeError("fetch failed", { cause: refused }))).toMatch(reason);
  expect(messageOf(Object.assign(new Error(""), { code: "ETIMEDOUT" }))).toBe("ETIMEDOUT");
  expect(messageOf(new RangeError(""))).toBe("RangeError");
});
