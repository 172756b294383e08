import { messageOf } from "../../components/core/errors.ts";
import { notYet, Unrecoverable, waitFor } from "../../components/core/wait.ts";
import { InUse } from "../client/errors.ts";
import type { WireInstance } from "../client/wire.ts";
import type { Context } from "./context.ts";
import { throwPermanent } from "./instance/lifecycle.ts";
import { isAlive } from "./instance/spec.ts";

/**
 * Deletes what instances may still use. Lambda refuses until the last instance is gone, some time after its termination:
 * that is waited for. By then the stack has terminated its own instances: one that keeps running was adopted, or is not of
 * this stack.
 *
 * @param whileUsed By an instance that keeps running: `fails` is an error at once, which names it; `stays` leaves what it
 * uses at Lambda and says so, for what costs nothing.
 */
export async function deleteWhenFree(
  context: Context,
  what: string,
  uses: (instance: WireInstance) => boolean,
  remove: () => Promise<void>,
  whileUsed: "fails" | "stays" = "fails",
): Promise<void> {
  const { api, clock, timing } = context;
  const wait = {
    what: `${what} to be free of instances, so that it can be deleted`,
    deadline: timing.terminateDeadline,
    interval: timing.pollInterval,
    clock,
  };
  await waitFor(wait, async () => {
    try {
      await remove();
      return true;
    } catch (error) {
      if (!(error instanceof InUse)) return throwPermanent(error);
      const users = (await api.listInstances()).filter((instance) => isAlive(instance) && uses(instance));
      if (users.length === 0) return notYet(messageOf(error));
      const names = users
        .map((user) => `${user.name ?? "unnamed"} (${user.id}, ${user.region.name})`)
        .join(", ");
      if (whileUsed === "stays") {
        context.log(
          `${what} stays at Lambda, because ${names} still uses it and is not terminated by this stack. ` +
            "Delete it there when that host is gone",
        );
        return true;
      }
      throw new Unrecoverable(
        new Error(
          `${what} cannot be deleted: ${names} still uses it. ` +
            "Terminate that host first, or leave it at Lambda: `pulumi state delete` of it, or `keep` of a file system",
          { cause: error },
        ),
      );
    }
  });
}
