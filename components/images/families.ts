import { images as production } from "../core/versions.ts";
import type { Settings } from "../settings/schema.ts";
import { type Family, families } from "./roles.ts";

/** How the stack builds images. */
export type BuildSettings = NonNullable<Settings["images"]["build"]>;

/** One image to be built. */
export interface Recipe {
  name: string;
  /** Folder that is sent to the builder, from the project's folder. */
  context: string;
  dockerfile: string;
  /** Digests of the outside, by build argument. */
  bases: Record<string, string>;
  /** Whether it runs in our base image, which it is given as the build argument BASE. */
  overBase: boolean;
}

const sources: Record<Family, Pick<Recipe, "context" | "dockerfile">> = {
  base: { context: "images/base", dockerfile: "images/base/Dockerfile" },
  "mcp-servers": { context: ".", dockerfile: "images/mcp-server/Dockerfile" },
  monitoring: { context: "images/monitoring", dockerfile: "images/monitoring/Dockerfile" },
};

/** Everything that a stack builds: the families, and a `main` image for each service. Pure. */
export function recipes({ bases, services }: Pick<BuildSettings, "bases" | "services">): Recipe[] {
  const own = families.map((name) => ({
    name,
    ...sources[name],
    bases: name === "base" ? { NODE: bases.node, DEBIAN: bases.debian } : { NODE: bases.node },
    overBase: name !== "base",
  }));
  const mains = Object.entries(services).map(([name, context]) => ({
    name,
    context,
    dockerfile: "images/main/Dockerfile",
    bases: { NODE: bases.node },
    overBase: true,
  }));
  return [...own, ...mains];
}

/** Version of our own images: the tag of the version table's MCP servers, which all of them share. */
const version = production.mcpServers.split(":").at(-1) ?? "";

/**
 * Name and tag of an image. Stacks share a registry, so that the tag says whose it is; the digest says what it is.
 * Pure.
 */
export const tagOf = (settings: BuildSettings, name: string, stack: string): string =>
  `${settings.repository}/${name}:${version}-${stack}`;

/** Base images whose digest was not looked up yet. Pure. */
export const unknownBases = ({ bases }: BuildSettings): string[] =>
  Object.entries(bases)
    .filter(([, reference]) => /@sha256:0{64}$/.test(reference))
    .map(([name]) => `images.build.bases.${name}`);
