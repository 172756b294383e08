import type { WireInstance } from "../client/wire.ts";
import type { InstanceOutputs } from "./instance/outputs.ts";
import { type Adoption, fixedParts, type InstanceSpec, isAlive } from "./instance/spec.ts";

/** What the program requests: a launch, or a running instance. */
export type Wanted = { spec: InstanceSpec } | { adopt: Adoption };

export interface Difference {
  changes: boolean;
  /** Properties whose change requires another instance. */
  replaces: string[];
}

const same: Difference = { changes: false, replaces: [] };
const update: Difference = { changes: true, replaces: [] };
const replace = (...replaces: string[]): Difference => ({ changes: true, replaces });

/**
 * The change from `old` to `wanted`. Preferences (types, regions) do not affect an existing instance, and only its loss or
 * its fixed settings replace a launched one.
 */
export function difference(id: string, old: InstanceOutputs, wanted: Wanted): Difference {
  if ("adopt" in wanted) {
    const { adopt } = wanted;
    if (!("id" in adopt ? adopt.id === id : adopt.name === old.name)) return replace("adopt");
    // A launched instance that is adopted now is only marked: replacing it would terminate it.
    return old.adopted ? same : update;
  }
  if (old.adopted) return replace("adopt");
  const fixed = fixedParts(wanted.spec, old.region);
  // The region of a partly created instance is not always known; then only what does not depend on it is compared.
  const placed = old.region === "" ? ["fileSystemName", "rulesetId"] : [];
  const changed = Object.entries(fixed)
    .filter(([key, value]) => !placed.includes(key) && old[key as keyof typeof fixed] !== value)
    // A launch installs one key; from then on the host itself determines who may log in.
    .filter(([key]) => !(key === "sshKeyName" && old.ready))
    // A ruleset that is no longer offered for the region stays attached: it cannot be removed from a running instance.
    .filter(([key, value]) => !(key === "rulesetId" && value === ""))
    .map(([key]) => propertyOf[key] ?? key);
  if (changed.length > 0) return replace(...changed);
  return !old.ready || wanted.spec.name !== old.name ? update : same;
}

/**
 * The ruleset that a running host has is not in the program any more: it would be left behind, and its rules would not
 * follow the settings.
 */
export const losesRuleset = (old: InstanceOutputs, { rulesets = {} }: InstanceSpec): boolean =>
  old.ready && old.rulesetId !== "" && typeof rulesets === "object" && rulesets[old.region] === undefined;

/** Names of the inputs behind derived parts. */
const propertyOf: Record<string, string> = {
  userDataDigest: "userData",
  fileSystemName: "fileSystem",
  rulesetId: "rulesets",
};

/** A partly created instance that no longer runs cannot be completed: it is replaced. */
export const isLost = (instance: WireInstance | undefined): boolean =>
  instance === undefined || !isAlive(instance) || instance.status === "unhealthy";
