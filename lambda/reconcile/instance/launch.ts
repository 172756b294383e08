import { messageOf } from "../../../components/core/errors.ts";
import { ApiError, mayHaveHappened } from "../../../components/core/http/errors.ts";
import { notYet, WaitTimeout, waitFor } from "../../../components/core/wait.ts";
import {
  FileSystemInWrongRegion,
  InsufficientCapacity,
  NotFound,
  QuotaExceeded,
} from "../../client/errors.ts";
import type { WireInstance } from "../../client/wire.ts";
import type { Context } from "../context.ts";
import { type Candidate, candidates } from "./candidates.ts";
import { throwPermanent } from "./lifecycle.ts";
import { claimTag, type InstanceSpec, isOwn, launchRequest } from "./spec.ts";

const subject = (claim: string) => `launch ${claim}`;

/** Running instances that were launched for a claim. */
export async function ownedBy(context: Context, claim: string): Promise<WireInstance[]> {
  return (await context.api.listInstances()).filter((one) => isOwn(one, claim));
}

/** Instances of a claim that nothing accounts for, and the list that they were found in. */
interface Survey {
  strays: WireInstance[];
  all: WireInstance[];
}

/** Running instances of a claim, except `known`: see `survey`. */
export const strays = async (
  context: Context,
  claim: string,
  known: readonly string[],
): Promise<WireInstance[]> => (await survey(context, claim, () => known)).strays;

/**
 * Running instances of a claim, except those whose ids `known` gives of the account's list. After an earlier launch without
 * reply, also waits as long as its instance may take to be listed: before that, an empty list proves nothing.
 */
export async function survey(
  context: Context,
  claim: string,
  known: (all: readonly WireInstance[]) => readonly string[],
): Promise<Survey> {
  const sentBefore = await context.journal.unanswered(subject(claim));
  const left =
    sentBefore === undefined ? 0 : Math.max(0, context.timing.settleDeadline - Math.floor(sentBefore / 1000));
  const found = await lookFor(context, claim, known, left);
  if (found.strays.length === 0) await context.journal.settled(subject(claim));
  return found;
}

async function lookFor(
  context: Context,
  claim: string,
  known: (all: readonly WireInstance[]) => readonly string[],
  seconds: number,
): Promise<Survey> {
  let last: Survey = { strays: [], all: [] };
  const look = async () => {
    const all = await context.api.listInstances();
    const ids = known(all);
    last = { all, strays: all.filter((one) => isOwn(one, claim) && !ids.includes(one.id)) };
    return last;
  };
  if (seconds === 0) return await look();
  const wait = {
    what: `an instance launched by a request without reply (tag ${claimTag}=${claim})`,
    deadline: seconds,
    interval: context.timing.pollInterval,
    clock: context.clock,
  };
  try {
    return await waitFor(wait, async () => {
      const found = await look().catch(throwPermanent);
      return found.strays.length > 0 ? found : notYet("not listed");
    });
  } catch (error) {
    // This wait may end at its deadline: it means that there is no such instance.
    if (error instanceof WaitTimeout && error.lastError === "not listed") return last;
    throw error;
  }
}

/** The outcome of a launch is known: its instance is recorded, or terminated. */
export const launchSettled = (context: Context, claim: string): Promise<void> =>
  context.journal.settled(subject(claim));

/** Refusals after which another type or region may succeed. Nothing was launched. */
const tryNext = [InsufficientCapacity, QuotaExceeded, NotFound, FileSystemInWrongRegion];

/**
 * Launches one instance with the first candidate that Lambda accepts, and returns its id and candidate. A request is
 * repeated only if Lambda certainly did nothing: after a lost reply the instance is searched by its tag instead.
 */
export async function launch(
  context: Context,
  spec: InstanceSpec,
  broken: readonly Candidate[],
  known: readonly string[],
): Promise<{ id: string; candidate: Candidate }> {
  const catalogue = await context.api.catalogue();
  const places = candidates(spec, catalogue, broken);
  if (places.length === 0) {
    const sold = Object.keys(catalogue).sort().join(", ");
    throw new Error(
      `host ${spec.name}: Lambda knows none of the instance types ${spec.instanceTypes.join(", ")}; it has ${sold}`,
    );
  }
  const refusals: string[] = [];
  for (const candidate of places) {
    const place = `${candidate.instanceType} in ${candidate.region}`;
    context.log(`launching ${spec.name} as ${place}`);
    await context.journal.sent(subject(spec.claim));
    try {
      return { id: await context.api.launch(launchRequest(spec, candidate)), candidate };
    } catch (error) {
      if (mayHaveHappened(error)) {
        context.log(`${messageOf(error)}; searching the instance by its tag`);
        return { id: await afterLostReply(context, spec, known, error), candidate };
      }
      if (error instanceof ApiError) await launchSettled(context, spec.claim);
      if (!tryNext.some((Class) => error instanceof Class)) throw error;
      context.log(`${place} refused: ${messageOf(error)}`);
      const reason = error instanceof ApiError ? error.failure.message : messageOf(error);
      refusals.push(`${place}: ${reason.replace(/\.$/, "")}`);
    }
  }
  throw new Error(
    `host ${spec.name}: Lambda refused every type and region. ${refusals.join("; ")}. ` +
      "Add instance types or regions to the settings, or try again later",
  );
}

async function afterLostReply(
  context: Context,
  spec: InstanceSpec,
  known: readonly string[],
  cause: unknown,
): Promise<string> {
  const { settleDeadline } = context.timing;
  const [first] = (await lookFor(context, spec.claim, () => known, settleDeadline)).strays;
  if (first) return first.id;
  await launchSettled(context, spec.claim);
  throw new Error(
    `host ${spec.name}: ${messageOf(cause)}. No instance with its tag was listed within ${settleDeadline} s, ` +
      "so nothing was launched; run pulumi up again",
    { cause },
  );
}
