import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { hostSettings, lambdaSettings } from "../../components/settings/sections/lambda.ts";
import { approve } from "../../lambda/budget.ts";
import { livePrices } from "../../lambda/prices.ts";
import { somePublicKey, type TestCloud, testCloud } from "../cloud/support/cloud.ts";

const launched = hostSettings.parse({ name: "mcp", roles: ["mcp"] });
const adopted = hostSettings.parse({ name: "backend", roles: ["server"], adopt: { name: "www" } });

interface Change {
  preview?: boolean;
  hosts?: (typeof launched)[];
  monthlyUsd?: number;
  apiKey?: string;
  retryDeadline?: number;
  fileSystem?: { name: string; region: string };
}

/** The budget of hosts that may cost $941.70 each, checked as the program does. */
async function checked({ cloud, key }: TestCloud, change: Change): Promise<true> {
  const { preview = false, hosts = [launched], monthlyUsd = 1000, retryDeadline = 0 } = change;
  await pulumi.runtime.setMocks(
    { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
    "p",
    "s",
    preview,
  );
  const settings = lambdaSettings.parse({
    apiUrl: cloud.url,
    requestsPerSecond: 1000,
    instanceTypes: ["gpu_1x_a10"],
    retryDeadline,
    ...(change.fileSystem && { fileSystem: change.fileSystem }),
    sshKey: { name: "k", publicKey: somePublicKey },
    firewall: { adminNetworks: ["203.0.113.0/24"] },
  });
  const prices = await livePrices(settings, change.apiKey ?? key, hosts);
  return approve({ settings, hosts, budget: { monthlyUsd } }, prices);
}

test.each([
  ["502", { kind: "reply", status: 502, text: "<html>bad gateway" }],
  ["429", { kind: "reply", status: 429, text: "error code: 1015" }],
  ["a lost reply", { kind: "drop" }],
] as const)(
  "L7 prices that Lambda does not tell (%s): a preview warns, an update is refused",
  async (_, effect) => {
    const lab = await testCloud();
    await lab.control.addFault({ operation: "listInstanceTypes", next: 100, effect });
    await expect(checked(lab, { preview: true })).resolves.toBe(true);
    await expect(checked(lab, {})).rejects.toThrow(
      /budget of \$1000 a month cannot be checked, so no host is launched: prices are unknown: .*instance-types.*lambda.retryDeadline/s,
    );
    // Nothing is launched for it: what runs already must stay changeable.
    await expect(checked(lab, { hosts: [adopted] })).resolves.toBe(true);
  },
);

test("L7 one failure of the price list is not the end of an update", async () => {
  const lab = await testCloud();
  await lab.control.addFault({ operation: "listInstanceTypes", effect: { kind: "drop" } });
  await expect(checked(lab, { retryDeadline: 30 })).resolves.toBe(true);
  expect(await lab.control.faults()).toEqual([]);
});

test("L7 an update with a placeholder key is refused: its budget cannot be checked", async () => {
  const lab = await testCloud();
  await expect(checked(lab, { apiKey: "placeholder-test" })).rejects.toThrow(
    /the Lambda API key is a placeholder/,
  );
});

test("L7 a host to adopt counts before another one is launched", async () => {
  const lab = await testCloud();
  await lab.launched({ name: "www", hostname: "www" });
  const hosts = [launched, adopted];
  await expect(checked(lab, { hosts, monthlyUsd: 1900 })).resolves.toBe(true);
  await expect(checked(lab, { hosts, monthlyUsd: 1800 })).rejects.toThrow(
    /would cost \$1883.40 a month.*host backend: \$941.70 \(gpu_1x_a10, live price\)/s,
  );
});

test("L7 a file system counts with what it holds now, also before a launch", async () => {
  const lab = await testCloud();
  const fileSystem = { name: "files", region: "us-west-1" };
  await expect(checked(lab, { fileSystem, monthlyUsd: 950 })).resolves.toBe(true);
  const { json } = await lab.api.call("POST", "/filesystems", { body: fileSystem });
  await lab.control.setBytesUsed(String(json.data?.id), 100 * 2 ** 30);
  await expect(checked(lab, { fileSystem, monthlyUsd: 950 })).rejects.toThrow(
    /would cost \$961.70 a month.*file system files: \$20.00 \(100.0 GiB used\)/s,
  );
});
