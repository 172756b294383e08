import type { Context } from "../context.ts";
import { matching } from "./adopt.ts";
import { launchSettled, strays } from "./launch.ts";
import { terminateAndWait } from "./lifecycle.ts";
import { sparedIds } from "./spared.ts";
import type { Adoption } from "./spec.ts";

/**
 * Terminates everything that was ever launched for a claim, except what is adopted. Where no instance has the name of an
 * adoption any more, it may be any of them under a new name: then nothing is terminated, and a warning says what runs.
 */
export async function releaseClaim(
  context: Context,
  claim: string,
  spared: readonly Adoption[] = [],
): Promise<void> {
  const others = await strays(context, claim, await sparedIds(context, spared));
  const all = others.length > 0 && spared.length > 0 ? await context.api.listInstances() : [];
  const nameless = spared.filter((one) => "name" in one && matching(all, one).length === 0);
  if (others.length > 0 && nameless.length > 0) {
    const running = others.map(({ id, name }) => `${name || "unnamed"} (${id})`).join(", ");
    context.log(
      `warning: ${running} was launched by this stack and is billed. It is not terminated, because no instance has the name ` +
        `${nameless.map((one) => JSON.stringify("name" in one && one.name)).join(", ")} that was adopted: ` +
        "it may be that one, renamed. Terminate it at Lambda if it is not",
    );
    return;
  }
  for (const { id } of others) await terminateAndWait(context, id);
  await launchSettled(context, claim);
}
