import { createHash, randomBytes } from "node:crypto";
import type { CheckRequest } from "../../kit/provider.ts";
import { Unknown } from "../../kit/values.ts";
import type { KubeObject } from "./access.ts";
import { at, nameOf, put } from "./access.ts";
import { annotations, isTrue, markAutonamed } from "./annotations.ts";

/** Eight hexadecimal digits from the engine's seed, so that preview and update use the same name. */
export const suffix = (seed: Uint8Array): string =>
  (seed.length > 0 ? createHash("sha256").update(seed).digest("hex") : randomBytes(4).toString("hex")).slice(
    0,
    8,
  );

/** The object has a name, which may be unknown yet. */
export const isNamed = (object: KubeObject): boolean =>
  nameOf(object) !== "" || at(object, "metadata", "name") instanceof Unknown;
/** The API server will name the object. */
export const isGenerateName = (object: KubeObject): boolean =>
  !isNamed(object) && Boolean(at(object, "metadata", "generateName"));
/** The plugin named the object. */
export const isAutonamed = (object: KubeObject): boolean => isTrue(object, annotations.autonamed);

/** Names an unnamed object of a new resource: the resource's name with a unique suffix. */
export function autoname(
  object: KubeObject,
  resourceName: string,
  { randomSeed, autonaming }: Pick<CheckRequest, "randomSeed" | "autonaming">,
): void {
  if (isNamed(object) || isGenerateName(object)) return;
  if (autonaming?.mode === "disable")
    throw new Error("autonaming is disabled, resource requires the .metadata.name field to be set");
  put(object, autonaming?.proposedName || `${resourceName}-${suffix(randomSeed)}`, "metadata", "name");
  markAutonamed(object);
}

/** Keeps the automatic name of an earlier run. */
export function adoptAutoname(object: KubeObject, old: KubeObject): void {
  if (isNamed(object) || !isAutonamed(old)) return;
  put(object, nameOf(old), "metadata", "name");
  markAutonamed(object);
}
