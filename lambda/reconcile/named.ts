import { Hopeless, notYet, waitFor } from "../../components/core/wait.ts";
import { Duplicate, LambdaError, mayHaveHappened } from "../client/errors.ts";
import { type Context, messageOf } from "./context.ts";
import { giveUpUnlessPassing } from "./lifecycle.ts";

/**
 * Makes something that is known by its name. `owned` is false for what was there before anyone here asked for it.
 * A lost reply is answered by looking again before asking again, so nothing is made twice.
 *
 * @param owner who asks. The note of having asked is then kept until `forgetNamed`: whoever is killed before the engine
 * could record what was made finds by it that it is ours.
 */
export async function ensureNamed<T>(
  context: Context,
  what: string,
  find: () => Promise<T | undefined>,
  make: () => Promise<T>,
  owner?: string,
): Promise<{ item: T; owned: boolean }> {
  const { journal, clock, timing } = context;
  const subject = subjectOf(what, owner);
  let asked = (await journal.unanswered(subject)) !== undefined;
  const wait = {
    what: `${what} to be created`,
    deadline: timing.settleDeadline,
    interval: timing.pollInterval,
    clock,
  };
  const made = await waitFor(wait, async () => {
    const there = await find().catch(giveUpUnlessPassing);
    if (there !== undefined) return { item: there, owned: asked };
    await journal.sent(subject);
    try {
      return { item: await make(), owned: true };
    } catch (error) {
      if (mayHaveHappened(error)) {
        asked = true;
        return notYet(messageOf(error));
      }
      // Ours after all, only not listed yet; or another's, made this very moment.
      if (error instanceof Duplicate && asked) return notYet(messageOf(error));
      if (error instanceof LambdaError) await journal.settled(subject);
      throw new Hopeless(error instanceof Error ? error : new Error(messageOf(error)));
    }
  });
  if (owner === undefined || !made.owned) await journal.settled(subject);
  return made;
}

const subjectOf = (what: string, owner: string | undefined): string =>
  owner === undefined ? `create ${what}` : `create ${what} for ${owner}`;

/** It is gone: one of the same name, from now on, is another's. */
export async function forgetNamed(
  { journal }: Context,
  what: string,
  owner: string | undefined,
): Promise<void> {
  if (owner !== undefined) await journal.settled(subjectOf(what, owner));
}
