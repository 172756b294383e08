import { asError, messageOf } from "../../components/core/errors.ts";
import { ApiError, mayHaveHappened } from "../../components/core/http/errors.ts";
import { notYet, Unrecoverable, waitFor } from "../../components/core/wait.ts";
import { Duplicate } from "../client/errors.ts";
import type { Context } from "./context.ts";
import { throwPermanent } from "./instance/lifecycle.ts";

/** Who creates something, where that decides who may delete it. */
export interface Owner<T> {
  /** `<project>/<stack>`. */
  stack: string;
  /** When something was created, as Lambda says. */
  createdAt: (item: T) => string | undefined;
}

/** Milliseconds that this machine's clock and Lambda's may differ. */
const clockDifference = 5 * 60_000;

/**
 * Creates something that is identified by its name. `owned` is false for what existed before the program requested it.
 * After a lost reply the name is looked up before the next request, so nothing is created twice.
 *
 * @param owner The journal's entry is then kept until `forgetNamed`: a run that follows one killed before the engine
 * recorded the result recognises it as its own, by the time at which it was created.
 */
export async function ensureNamed<T>(
  context: Context,
  what: string,
  find: () => Promise<T | undefined>,
  create: () => Promise<T>,
  owner?: Owner<T>,
): Promise<{ item: T; owned: boolean }> {
  const { journal, clock, timing } = context;
  const subject = subjectOf(what, owner?.stack);
  const before = await journal.unanswered(subject);
  const asked = before === undefined ? undefined : clock.now() - before;
  let requested = before !== undefined;
  let requestedNow = false;
  const isOwn = (item: T): boolean => {
    if (requestedNow || owner === undefined) return requested;
    const created = Date.parse(owner.createdAt(item) ?? "");
    // Not a number, where Lambda does not say: then it is not deleted.
    return asked !== undefined && Math.abs(created - asked) <= timing.settleDeadline * 1000 + clockDifference;
  };
  const wait = {
    what: `${what} to be created`,
    deadline: timing.settleDeadline,
    interval: timing.pollInterval,
    clock,
  };
  const result = await waitFor(wait, async () => {
    const existing = await find().catch(throwPermanent);
    if (existing !== undefined) return { item: existing, owned: isOwn(existing) };
    await journal.sent(subject);
    try {
      return { item: await create(), owned: true };
    } catch (error) {
      if (mayHaveHappened(error)) {
        requested = true;
        requestedNow = true;
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

/** Call when it is in the state, or deleted: from now on, one that is not in the state was created by someone else. */
export async function forgetNamed(
  { journal }: Context,
  what: string,
  owner: string | undefined,
): Promise<void> {
  if (owner !== undefined) await journal.settled(subjectOf(what, owner));
}
