import { generateKeyPairSync, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../components/core/wait.ts";
import { type Cloud, startCloud } from "../../lab/cloud/start.ts";
import { emulatedRoutes, refusedRoutes } from "../../lab/cloud/wire/routes.ts";
import { MemoryDriver } from "../cloud/support/driver.ts";
import { CheckedApi } from "./api.ts";
import { Contract } from "./contract/contract.ts";
import { type Bench, cases } from "./lambda.cases.ts";

const contract = new Contract();
const realKey = process.env.LAMBDA_API_KEY;
const maySpend = process.env.LAMBDA_CONFORMANCE_SPEND === "1";

const run = randomBytes(4).toString("hex");
const unique = (what: string) => `conformance-${what}-${run}-${randomBytes(3).toString("hex")}`;

function newPublicKey(): string {
  const jwk = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const blob = [field(Buffer.from("ssh-ed25519")), field(Buffer.from(jwk.x ?? "", "base64url"))];
  return `ssh-ed25519 ${Buffer.concat(blob).toString("base64")} ${run}`;
}

describe("emulator", () => {
  let cloud: Cloud;
  let bench: Bench;
  beforeAll(async () => {
    const key = `secret_conformance_${run}`;
    cloud = await startCloud({ driver: new MemoryDriver(), apiKeys: [key], speed: 0 });
    await cloud.control.setLimits({ enforced: false });
    let passed = 0;
    bench = {
      api: new CheckedApi({ url: cloud.url, key, contract: new Contract(undefined, { strict: true }) }),
      clock: {
        now: () => passed,
        sleep: async (ms) => {
          passed += ms;
          await cloud.control.advance(ms / 1000);
        },
      },
      unique,
      publicKey: newPublicKey(),
    };
  });
  afterAll(() => cloud.close());
  for (const { name, run: execute } of cases) test(name, () => execute(bench));
});

describe.skipIf(!realKey)(realKey ? "Lambda Cloud" : "Lambda Cloud [skipped: no LAMBDA_API_KEY]", () => {
  const bench: Bench = {
    api: new CheckedApi({
      url: process.env.LAMBDA_API_URL ?? "https://cloud.lambda.ai/api/v1",
      key: realKey ?? "",
      contract,
      pace: 1200,
    }),
    clock: systemClock,
    unique,
    publicKey: newPublicKey(),
  };
  for (const { name, cost, run: execute } of cases) {
    if (cost === "emulator") test.skip(`${name} [skipped: would touch the whole account]`);
    else if (cost === "spend" && !maySpend) test.skip(`${name} [skipped: LAMBDA_CONFORMANCE_SPEND is not 1]`);
    else test(name, { timeout: 3_600_000 }, () => execute(bench));
  }
});

describe("coverage of the document", () => {
  const documented = contract.operations();
  const idsOf = (routes: typeof emulatedRoutes) => new Set(routes.map(({ operation }) => operation));

  test("every operation is either emulated or refused by name", () => {
    const [emulated, refused] = [idsOf(emulatedRoutes), idsOf(refusedRoutes)];
    for (const { id } of documented) expect(emulated.has(id) !== refused.has(id), id).toBe(true);
  });

  test("the emulator has no operation that the document lacks", () => {
    const known = new Set(documented.map(({ id }) => id));
    expect([...idsOf(emulatedRoutes), ...idsOf(refusedRoutes)].filter((id) => !known.has(id))).toEqual([]);
  });
});
