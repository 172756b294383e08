import { inCheckout, type Prepare } from "./checkout.ts";
import { guarded } from "./guard.ts";
import { deployedIn, historyOf, wholeIn } from "./history.ts";
import { machineOf } from "./operations.ts";
import { type Program, resources, update } from "./program.ts";

export interface ReplaceOptions {
  host: string;
  /** Whether more may be lost than what is on the host's disks, as with the K3s server. */
  dataLoss: boolean;
  /** Seconds, see `update`. */
  deadline?: number | undefined;
  prepare?: Prepare | undefined;
}

/**
 * Launches a host again, by the program of the deployed commit: Pulumi brings everything else to its program as well, so
 * another commit would be deployed with it.
 *
 * @returns the deployed commit
 * @throws when the plan loses data of anything else than this host, or the stack is not of one commit
 */
export async function replaceHost(
  program: Program,
  { host, dataLoss, deadline, prepare }: ReplaceOptions,
): Promise<string> {
  const chosen = { refresh: true, replace: [machineOf(await resources(program), host)] };
  const commit = deployedIn(await historyOf(program, (known) => wholeIn(known) !== undefined));
  return inCheckout(
    program,
    commit,
    async (deployed) => {
      await guarded(deployed, chosen, { dataLoss, host });
      await update(deployed, { ...chosen, message: `Replace host ${host} at ${commit}`, deadline });
      return commit;
    },
    prepare,
  );
}
