import type { Context } from "../context.ts";
import { launchSettled, survey } from "./launch.ts";
import { terminateAndWait } from "./lifecycle.ts";
import { idsOf, lostNames } from "./spared.ts";
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
  const all = [...context.adoptions, ...spared];
  const found = await survey(context, claim, (instances) => idsOf(instances, all));
  const lost = lostNames(found.all, spared);
  if (found.strays.length > 0 && lost.length > 0) {
    const running = found.strays.map(({ id, name }) => `${name || "unnamed"} (${id})`).join(", ");
    context.log(
      `warning: ${running} was launched by this stack and is billed. It is not terminated, because no instance has the name ` +
        `${lost.map((name) => JSON.stringify(name)).join(", ")} that was adopted: ` +
        "it may be that one, renamed. Terminate it at Lambda if it is not",
    );
    return;
  }
  for (const { id } of found.strays) await terminateAndWait(context, id);
  await launchSettled(context, claim);
}
