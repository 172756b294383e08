import { type TestCloud, testCloud } from "../../cloud/support/cloud.ts";
import { judged } from "../../conformance/judged.ts";

const paid = ["booting", "active", "unhealthy"];

/** An account with the SSH key `k` and no instance, whose instances are counted at every launch. */
export interface Account {
  cloud: TestCloud;
  /** Instances that are paid for now. */
  alive(): Promise<number>;
  /** Instances launched since the account was made, whatever became of them. */
  launched(): Promise<number>;
  /** Ends what still runs, of whomever. */
  clear(): Promise<void>;
  /** How many were ever paid for at once. */
  mostAlive(): number;
}

export async function account(): Promise<Account> {
  let most = 0;
  const alive = async () =>
    (await cloud.control.state()).instances.filter(({ status }) => paid.includes(status)).length;
  const all = async () => {
    const { instances, gone } = await cloud.control.state();
    return new Set([...instances, ...gone].map(({ id }) => id)).size;
  };
  const cloud: TestCloud = await testCloud({
    onRequest: judged(async (phase, request) => {
      if (phase === "handled" && request.operation === "launchInstance") most = Math.max(most, await alive());
    }),
  });
  const clear = async () => {
    const { instances } = await cloud.control.state();
    for (const { id, status } of instances)
      if (paid.includes(status)) await cloud.control.force(id, "terminated");
    await cloud.control.advance(3600);
  };
  await cloud.launched();
  await clear();
  const before = await all();
  return { cloud, alive, launched: async () => (await all()) - before, clear, mostAlive: () => most };
}
