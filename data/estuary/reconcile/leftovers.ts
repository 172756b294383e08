import { asError, messageOf } from "../../../components/core/errors.ts";
import { mayHaveHappened } from "../../../components/core/http/errors.ts";
import { notYet, Unrecoverable, WaitTimeout, waitFor } from "../../../components/core/wait.ts";
import { isDetailOf } from "../spec/digest.ts";
import type { Context } from "./context.ts";

const own = async ({ api }: Context, owner: string) =>
  (await api.drafts()).filter(({ detail }) => isDetailOf(owner, detail));

/**
 * Clears away drafts of runs that died. One that holds specs may be being published at this moment: it is waited for,
 * because a publication that succeeds deletes its draft, and one that fails leaves errors in it.
 */
export async function settleLeftovers(context: Context, owner: string): Promise<void> {
  for (const { id, specs } of await own(context, owner)) {
    if (specs > 0) await settled(context, id);
    await context.api.deleteDraft(id);
  }
}

/**
 * Waits until a draft is gone or has errors, which says that its publication is over.
 *
 * @returns False when neither came within the deadline: nothing is being published.
 */
export async function settled({ api, timing, clock }: Context, draftId: string): Promise<boolean> {
  const wait = {
    what: `draft ${draftId} to be published`,
    deadline: timing.settleDeadline,
    interval: timing.pollInterval,
    clock,
  };
  try {
    return await waitFor(wait, async () => {
      const faults = await api.draftFaults(draftId);
      return faults === undefined || faults.length > 0 ? true : notYet("it is still there, without errors");
    });
  } catch (error) {
    if (error instanceof WaitTimeout) return false;
    throw error;
  }
}

/** A new draft; what a lost reply may have left is deleted before another is made. */
export async function openDraft(context: Context, owner: string, detail: string): Promise<string> {
  const { api, timing, clock } = context;
  const wait = {
    what: `a draft for ${owner}`,
    deadline: timing.retryDeadline,
    interval: timing.pollInterval,
    clock,
  };
  return await waitFor(wait, async () => {
    try {
      return await api.createDraft(detail);
    } catch (error) {
      if (!mayHaveHappened(error)) throw new Unrecoverable(asError(error));
      for (const { id } of await own(context, owner)) await api.deleteDraft(id);
      return notYet(messageOf(error));
    }
  });
}
