import { type Clock, systemClock } from "../../../components/core/wait.ts";
import { type Account, describeInstance, type RentedInstance, shared } from "../kit/lambda.ts";

/** Lists the account's instances through the program's own client, at most once in ten seconds. */
export function rentedInstances(
  account: Account,
  clock: Pick<Clock, "now"> = systemClock,
): () => Promise<RentedInstance[]> {
  const instances = shared(account, "list the instances", (api) => api.listInstances(), clock);
  return async () => (await instances.get()).map(describeInstance);
}
