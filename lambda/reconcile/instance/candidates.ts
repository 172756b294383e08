import type { Catalogue } from "../../client/wire.ts";

/** A type and region in which to try a launch. */
export interface Candidate {
  instanceType: string;
  region: string;
}

const sameCandidate = (a: Candidate, b: Candidate): boolean =>
  a.instanceType === b.instanceType && a.region === b.region;

/**
 * Launches to try, in order: each type in every region before the next type, first where Lambda lists capacity, then
 * where it does not, as that list was observed to be wrong both ways. Candidates that resulted in a broken machine come
 * last. A type that Lambda does not know is skipped.
 */
export function candidates(
  preference: { instanceTypes: readonly string[]; regions: readonly string[] },
  catalogue: Catalogue,
  broken: readonly Candidate[] = [],
): Candidate[] {
  const all = preference.instanceTypes
    .filter((instanceType) => Object.hasOwn(catalogue, instanceType))
    .flatMap((instanceType) => preference.regions.map((region) => ({ instanceType, region })));
  const rank = (candidate: Candidate): number => {
    if (broken.some((other) => sameCandidate(other, candidate))) return 2;
    const listed = catalogue[candidate.instanceType]?.regions_with_capacity_available ?? [];
    return listed.some((region) => region.name === candidate.region) ? 0 : 1;
  };
  return all
    .map((candidate) => ({ candidate, rank: rank(candidate) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ candidate }) => candidate);
}
