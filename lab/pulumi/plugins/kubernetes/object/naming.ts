import { createHash, randomBytes } from "node:crypto";
import type { CheckRequest } from "../rpc/provider.ts";
import { Unknown } from "../rpc/values.ts";
import type { KubeObject } from "./access.ts";
import { at, nameOf, put } from "./access.ts";
import { annotations, isTrue, markAutonamed } from "./annotations.ts";

/** Eight hexadecimal digits; the engine's seed makes the preview's name the one of the update. */
export const suffix = (seed: Uint8Array): string =>
  (seed.length > 0 ? createHash("sha256").update(seed).digest("hex") : randomBytes(4).toString("hex")).slice(
    0,
    8,
  );

/** The object has a name, or will have one that is not known yet. */
export const isNamed = (object: KubeObject): boolean =>
  nameOf(object) !== "" || at(object, "metadata", "name") instanceof Unknown;
export const isGenerateName = (object: KubeObject): boolean =>
  !isNamed(object) && Boolean(at(object, "metadata", "generateName"));
export const isAutonamed = (object: KubeObject): boolean => isTrue(object, annotations.autonamed);

/** Gives an unnamed object of a new resource a unique name after the resource's. */
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

/** Keeps the name that an earlier run gave. */
export function adoptAutoname(object: KubeObject, old: KubeObject): void {
  if (isNamed(object) || !isAutonamed(old)) return;
  put(object, nameOf(old), "metadata", "name");
  markAutonamed(object);
}
