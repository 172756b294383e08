import { images } from "../core/versions.ts";
import type { Settings } from "../settings/schema.ts";
import { ownImages, serverImages } from "./roles.ts";

/** Reference with the digest that was looked up for it, if one was. Pure. */
export const pinned = (reference: string, digests: Readonly<Record<string, string>>): string =>
  Object.hasOwn(digests, reference) ? `${reference}@${digests[reference]}` : reference;

/** The settings with every image that has a digest named by it. Pure. */
export function withDigests(settings: Settings): Settings {
  const { digests } = settings.images;
  if (Object.keys(digests).length === 0) return settings;
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return pinned(value, digests);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
  };
  const { images: kept, ...rest } = settings;
  const servers = { ...settings.mcp.servers };
  for (const [server, image] of Object.entries(serverImages))
    if (Object.hasOwn(digests, image)) servers[server] = { image, ...servers[server] };
  const named = { ...rest, mcp: { ...rest.mcp, servers } };
  return { ...(walk(named) as typeof named), images: kept };
}

/** A setting that names an image. */
const namesImage = /^image$|Image$/;

/**
 * Images of others that a stack's settings name, and those that the program runs without a setting: by digest where one was
 * looked up, without those that the program builds itself. Pure.
 */
export function imagesOfOthersIn({ images: { digests }, ...settings }: Settings): string[] {
  const named = (value: unknown, key = ""): string[] => {
    if (typeof value === "string") return namesImage.test(key) ? [value] : [];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([inner, each]) => named(each, inner));
  };
  const ofServers = Object.entries(serverImages)
    .filter(([server]) => settings.mcp.servers[server]?.image === undefined)
    .map(([, image]) => image);
  const ours = ownImages.map((role): string => images[role]);
  const others = [images.cnpgOperator, ...named(settings), ...ofServers].filter(
    (each) => !ours.includes(each),
  );
  return [...new Set(others.map((image) => pinned(image, digests)))].sort();
}
