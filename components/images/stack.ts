import type * as pulumi from "@pulumi/pulumi";
import type { BuildSettings } from "./families.ts";
import { Images } from "./images.ts";
import type { Family } from "./roles.ts";

/** Which images the stack's workloads run. */
export interface StackImages {
  /** The image that the stack builds, by digest; else `fallback`, the one in its settings. */
  imageFor(name: Family | "pipeline", fallback: string): pulumi.Input<string>;
  /** Those that it builds, by name: none where it builds none. */
  repoDigests: Record<string, pulumi.Output<string>>;
}

/**
 * Builds the stack's images, where it has a registry to push to.
 *
 * @param settings section `images.build`
 * @param password may push there; without it nothing is built
 */
export function stackImages(
  settings: BuildSettings | undefined,
  password: pulumi.Output<string> | undefined,
): StackImages {
  const repoDigests = settings && password ? new Images("images", { settings, password }).repoDigests : {};
  return { repoDigests, imageFor: (name, fallback) => repoDigests[name] ?? fallback };
}
