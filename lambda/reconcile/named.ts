import { asError, messageOf } from "../../components/core/errors.ts";
import { ApiError, mayHaveHappened } from "../../components/core/http/errors.ts";
import { notYet, Unrecoverable, waitFor } from "../../components/core/wait.ts";
import { Duplicate } from "../client/errors.ts";
import type { Context } from "./context.ts";
import { throwPermanent } from "./instance/lifecycle.ts";

/**
 * Creates something that is identified by its name. `owned` is false for what existed before the program requested it.
 * After a lost reply the name is looked up before the next request, so nothing is created twice.
 *
 * @param owner Stack that creates it. The journal's entry is then kept until `forgetNamed`: a run that follows one killed
 * before the engine recorded the result recognises it as its own.
 */
export async function ensureNamed<T>(
  context: Context,
  what: string,
  find: () => Promise<T | undefined>,
  create: () => Promise<T>,
  owner?: string,
): Promise<{ item: T; owned: boolean }> {
  const { journal, clock, timing } = context;
  const subject = subjectOf(what, owner);
  let requested = (await journal.unanswered(subject)) !== undefined;
  const wait = {
    what: `${what} to be created`,
    deadline: timing.settleDeadline,
    interval: timing.pollInterval,
    clock,
  };
  const result = await waitFor(wait, async () => {
    const existing = await find().catch(throwPermanent);
    if (existing !== undefined) return { item: existing, owned: requested };
    await journal.sent(subject);
    try {
      return { item: await create(), owned: true };
    } catch (error) {
      if (mayHaveHappened(error)) {
        requested = true;
        return notYet(messageOf(error));
      }
      // Created by the lost request and not listed yet, or created by someone else just now.
      if (error instanceof Duplicate && requested) return notYet(messageOf(error));
      if (error instanceof ApiError) await journal.settled(subject);
      throw new Unrecoverable(asError(error));
    }
  });
  if (owner === undefined || !result.owned) await journal.settled(subject);
  return result;
}

const subjectOf = (what: string, owner: string | undefined): string =>
  owner === undefined ? `create ${what}` : `create ${what} for ${owner}`;

/** Call after its deletion: from now on, one of the same name was created by someone else. */
export async function forgetNamed(
  { journal }: Context,
  what: string,
  owner: string | undefined,
): Promise<void> {
  if (owner !== undefined) await journal.settled(subjectOf(what, owner));
}
