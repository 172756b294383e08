import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CloudOptions } from "../../../lab/cloud/start.ts";
import { checkout } from "../../../lab/pulumi/versions.ts";
import { somePublicKey, type TestCloud, testCloud } from "../../cloud/support/cloud.ts";
import { judged } from "../../conformance/judged.ts";
import { type Program, runProgram } from "../../plugins/harness.ts";

export interface LambdaStack extends TestCloud {
  program: Program;
}

/** Settings that make the emulator's minutes a test's moments. */
export const fast = {
  requestsPerSecond: 1000,
  launchSpacing: 0,
  pollInterval: 0.05,
  bootDeadline: 120,
  terminateDeadline: 120,
  settleDeadline: 2,
  retryDeadline: 3,
  sshKey: { name: "test", publicKey: somePublicKey },
  firewall: { adminNetworks: ["203.0.113.0/24"] },
};

/** Ten emulated minutes a second: an instance boots within half a second. */
export const speed = 600;

/** One of `programs/` by the real CLI, on an emulator of its own or on that of another stack. */
export async function lambdaStack(
  name: "host" | "fleet",
  config: Record<string, unknown>,
  options: Partial<Pick<CloudOptions, "onRequest" | "speed">> & {
    account?: TestCloud;
    /** Name of the stack. */
    name?: string;
  } = {},
): Promise<LambdaStack> {
  const { account, name: stack, ...own } = options;
  const cloud = account ?? (await testCloud({ speed, ...own, onRequest: judged(own.onRequest) }));
  // The account's queues and journal live in the temporary folder of whoever speaks with it.
  const temporary = await mkdtemp(join(tmpdir(), "sophia-lambda-"));
  onTestFinished(() => rm(temporary, { recursive: true, force: true }));
  const program = await runProgram({
    program: join(checkout, "tests/lambda/programs", name),
    ...(stack !== undefined && { name: stack }),
    config: { "sophia-infra:lambda": { ...fast, apiUrl: cloud.cloud.url }, ...config },
    env: { TMPDIR: temporary },
    secrets: { "sophia-infra:lambdaApiKey": cloud.key },
  });
  return { ...cloud, program };
}
