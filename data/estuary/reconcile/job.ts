import { asError, messageOf } from "../../../components/core/errors.ts";
import { mayHaveHappened, Untrusted } from "../../../components/core/http/errors.ts";
import { notYet, Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import type { Publication, SpecFault, StagedSpec } from "../client/api.ts";
import { Refused, Unauthorized, UnknownField } from "../client/errors.ts";
import type { Context } from "./context.ts";
import { openDraft, settled } from "./leftovers.ts";

/** A publication ended badly; says why, for each spec. Nothing of it is live. */
class PublicationFailed extends Error {
  readonly faults: readonly SpecFault[];
  constructor(owner: string, type: string, faults: readonly SpecFault[]) {
    const lines = faults.map(({ name, scope, detail }) => `  ${name || scope || "draft"}: ${detail}`);
    const reasons = lines.length > 0 ? `:\n${lines.join("\n")}` : "; Estuary gave no reason";
    super(`the publication of ${owner} ended as ${type}${reasons}${wayOut(faults)}`);
    this.name = "PublicationFailed";
    this.faults = faults;
  }
}

/** A connector makes its tables itself, and takes over none, not even those of an earlier publication of the same name. */
const wayOut = (faults: readonly SpecFault[]): string =>
  faults.some(({ detail }) => detail.includes("already exists for new binding"))
    ? "\nThe tables are left from an earlier publication, whose deletion keeps them. What to drop, and what that loses: docs/runbooks/pipeline/estuary-again.md"
    : "";

/** Somebody else published between our reading and our writing: the same draft can be published again. */
const passing = new Set(["buildIdLockFailure"]);

/**
 * Publishes specs as one draft and waits for the end. All of them become live, or none. Specs that are as they are
 * already, and an empty draft, are no publication.
 *
 * @throws PublicationFailed
 */
export async function publishSpecs(
  context: Context,
  owner: string,
  detail: string,
  specs: readonly StagedSpec[],
): Promise<void> {
  const { api } = context;
  const draftId = await openDraft(context, owner, detail);
  try {
    await api.stage(draftId, specs);
    await api.prune(draftId);
    await untilPublished(context, owner, draftId, detail);
  } finally {
    // After a success it is gone already; after anything else it would be taken for a killed run's.
    await api.deleteDraft(draftId).catch((error: unknown) => {
      context.log(
        `draft ${draftId} of ${owner} is left behind, the next run removes it: ${messageOf(error)}`,
      );
    });
  }
}

async function untilPublished(
  context: Context,
  owner: string,
  draftId: string,
  detail: string,
): Promise<void> {
  const { api, timing, clock } = context;
  let running: string | undefined;
  const wait = {
    what: `the publication of ${owner}`,
    deadline: timing.publishDeadline,
    interval: timing.pollInterval,
    clock,
  };
  await waitFor(wait, async () => {
    if (running === undefined) {
      const started = await start(context, owner, draftId, detail);
      if (started === "over") return true;
      running = started;
    }
    const found = await api.publication(running).catch(giveUpUnlessPassing);
    if (found === undefined)
      throw new Unrecoverable(new Error(`publication ${running} of ${owner} is unknown to Estuary`));
    if (found.type === "queued") return notYet("it is queued");
    if (found.type === "success" || found.type === "emptyDraft") return true;
    if (!passing.has(found.type)) throw new Unrecoverable(failure(owner, found));
    running = undefined;
    return notYet(`somebody else published ${found.lockFailures.join(", ") || "a spec of it"} meanwhile`);
  });
}

/** Starts the publication. A lost reply is answered by looking whether it went on, before asking again. */
async function start(
  context: Context,
  owner: string,
  draftId: string,
  detail: string,
): Promise<string | "over"> {
  const { api, dataPlane } = context;
  for (;;) {
    try {
      return await api.publish(draftId, detail, dataPlane);
    } catch (error) {
      if (!mayHaveHappened(error)) throw new Unrecoverable(asError(error));
      context.log(`the start of ${owner}'s publication may be lost: ${messageOf(error)}`);
      if (!(await settled(context, draftId))) continue;
      const faults = await api.draftFaults(draftId);
      if (faults === undefined) return "over";
      throw new Unrecoverable(new PublicationFailed(owner, "failed", faults));
    }
  }
}

function failure(owner: string, { type, faults, lockFailures }: Publication): PublicationFailed {
  const locks = lockFailures.map((name) => ({
    name,
    scope: "",
    detail: "is not at the publication that was expected",
  }));
  return new PublicationFailed(owner, type, [...faults, ...locks]);
}

/** Failures that waiting does not change. */
const permanent = [Unauthorized, Refused, UnknownField, Untrusted];

/** While something is being waited for, a permanent failure ends the wait; any other may pass. */
export function giveUpUnlessPassing(error: unknown): never {
  if (permanent.some((kind) => error instanceof kind)) throw new Unrecoverable(asError(error));
  throw error;
}
