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
import { claimTag, type InstanceSpec, isAlive, launchRequest, tagOf } from "./spec.ts";

const subject = (claim: string) => `launch ${claim}`;

/** Running instances that were launched for a claim. */
export async function ownedBy(context: Context, claim: string): Promise<WireInstance[]> {
  const instances = await context.api.listInstances();
  return instances.filter((instance) => isAlive(instance) && tagOf(instance, claimTag) === claim);
}

/**
 * Running instances of a claim, except `known`. After an earlier launch without reply, also waits as long as its instance
 * may take to be listed: before that, an empty list proves nothing.
 */
export async function strays(
  context: Context,
  claim: string,
  known: readonly string[],
): Promise<WireInstance[]> {
  const sentBefore = await context.journal.unanswered(subject(claim));
  const left =
    sentBefore === undefined ? 0 : Math.max(0, context.timing.settleDeadline - Math.floor(sentBefore / 1000));
  const found = await lookFor(context, claim, known, left);
  if (found.length === 0) await context.journal.settled(subject(claim));
  return found;
}

async function lookFor(context: Context, claim: string, known: readonly string[], seconds: number) {
  const unknown = async () =>
    (await ownedBy(context, claim)).filter((instance) => !known.includes(instance.id));
  if (seconds === 0) return await unknown();
  const wait = {
    what: `an instance launched by a request without reply (tag ${claimTag}=${claim})`,
    deadline: seconds,
    interval: context.timing.pollInterval,
    clock: context.clock,
  };
  try {
    return await waitFor(wait, async () => {
      const found = await unknown().catch(throwPermanent);
      return found.length > 0 ? found : notYet("not listed");
    });
  } catch (error) {
    // This wait may end at its deadline: it means that there is no such instance.
    if (error instanceof WaitTimeout && error.lastError === "not listed") return [];
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
  const [first] = await lookFor(context, spec.claim, known, context.timing.settleDeadline);
  if (first) return first.id;
  await launchSettled(context, spec.claim);
  const seconds = context.timing.settleDeadline;
  throw new Error(
    `host ${spec.name}: ${messageOf(cause)}. No instance with its tag was listed within ${seconds} s, ` +
      "so nothing was launched; run pulumi up again",
    { cause },
  );
}
