import { messageOf } from "../../../components/core/errors.ts";
import { InitFailed } from "../../../components/core/provider/initFailed.ts";
import type { LiveSpec, StagedSpec } from "../client/api.ts";
import { isTask, type Spec, type Specs, type SpecType } from "../spec/catalog.ts";
import { detailOf, digestsOf, published, revisionOf } from "../spec/digest.ts";
import type { Context } from "./context.ts";
import { encrypted } from "./encrypt.ts";
import { publishSpecs } from "./job.ts";
import { settleLeftovers } from "./leftovers.ts";
import { untilRunning } from "./ready.ts";

/** Specs that are published together, all or none. */
export interface PublicationSpec {
  /** Names it, in drafts and for people; the task's catalog name. */
  owner: string;
  /** With secrets in clear. */
  specs: Specs;
}

/** What the state keeps: no configuration, only what tells whether it is still the same. */
export interface PublicationOutputs {
  owner: string;
  types: Record<string, SpecType>;
  digests: Record<string, string>;
  /** Another one for other specs. */
  revision: string;
}

const typesOf = (specs: Specs): Record<string, SpecType> =>
  Object.fromEntries(Object.entries(specs).map(([name, { type }]) => [name, type]));
const outputsOf = ({ owner, specs }: PublicationSpec): PublicationOutputs => {
  const digests = digestsOf(specs);
  return { owner, types: typesOf(specs), digests, revision: revisionOf(digests) };
};
const byName = (live: readonly LiveSpec[]) => new Map(live.map((one) => [one.name, one]));

/**
 * Names of specs that are not live as they should be. What Estuary's history says of our own last publication counts;
 * where somebody else, or Estuary itself, published last, it is what the state remembers.
 */
export function changedSpecs(
  digests: Record<string, string>,
  live: ReadonlyMap<string, Pick<LiveSpec, "detail">>,
  known: Record<string, string>,
): string[] {
  return Object.entries(digests).flatMap(([name, digest]) => {
    const there = live.get(name);
    if (there === undefined) return [name];
    if (published(there.detail, name, digest)) return [];
    const ours = there.detail?.startsWith("sophia-infra ") ?? false;
    return !ours && known[name] === digest ? [] : [name];
  });
}

/** Publishes what is not live yet, removes what `old` had and is no longer wanted, and waits until all tasks run. */
export async function bringLive(
  context: Context,
  wanted: PublicationSpec,
  old?: PublicationOutputs,
): Promise<PublicationOutputs> {
  const { owner, specs } = wanted;
  const outputs = outputsOf(wanted);
  await settleLeftovers(context, owner);
  const dropped = Object.keys(old?.types ?? {}).filter((name) => !(name in specs));
  const live = byName(await context.api.live([...Object.keys(specs), ...dropped]));
  const changed = changedSpecs(outputs.digests, live, old?.digests ?? {});
  const deletions = dropped.filter((name) => live.has(name));
  if (changed.length + deletions.length > 0) {
    const staged: StagedSpec[] = deletions.map((name) => ({ name }));
    for (const name of changed) staged.push(await stagedSpec(context, name, specs[name]));
    context.log(`publishing ${[...changed, ...deletions.map((name) => `${name} (removed)`)].join(", ")}`);
    const digests = Object.fromEntries(changed.map((name) => [name, outputs.digests[name] ?? ""]));
    await publishSpecs(context, owner, detailOf(owner, digests), staged);
  }
  const tasks = Object.entries(outputs.types).flatMap(([name, type]) => (isTask({ type }) ? [name] : []));
  try {
    await untilRunning(context, tasks);
  } catch (error) {
    throw new InitFailed(owner, outputs, `${owner} is published and does not run: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return outputs;
}

async function stagedSpec(context: Context, name: string, spec: Spec | undefined): Promise<StagedSpec> {
  if (spec === undefined) throw new Error(`unreachable: ${name} is not among the specs`);
  return { name, type: spec.type, model: await encrypted(context.api, name, spec) };
}

/**
 * What is still live of it; undefined when none of it is. What is gone, or is what a killed run of ours published and
 * could not record, loses its digest, so that it is published.
 */
export async function readPublication(
  { api }: Context,
  old: PublicationOutputs,
): Promise<PublicationOutputs | undefined> {
  const names = Object.keys(old.types);
  const live = byName(await api.live(names));
  if (live.size === 0) return undefined;
  const changed = new Set(changedSpecs(old.digests, live, old.digests));
  const digests = Object.fromEntries(Object.entries(old.digests).filter(([name]) => !changed.has(name)));
  return { ...old, digests };
}

/** Deletes tasks and collections in one publication, so that none is left of them, or all with the reasons why. */
export async function removeSpecs(context: Context, { owner, types }: PublicationOutputs): Promise<void> {
  await settleLeftovers(context, owner);
  const live = await context.api.live(Object.keys(types));
  if (live.length === 0) return;
  context.log(`deleting ${live.map(({ name }) => name).join(", ")}`);
  const staged = live.map(({ name }) => ({ name }));
  await publishSpecs(context, owner, detailOf(owner, {}), staged);
}
