import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { isMap, parseDocument } from "yaml";
import { imagesSettings } from "../../components/settings/sections/images.ts";
import { digestOf } from "./registry.ts";

export interface PinOptions {
  /** Third-party images that the program runs, as `name:tag`. */
  images: readonly string[];
  /** Write nothing. */
  check: boolean;
}

export interface Pinned {
  /** Output, one line for each image. */
  lines: string[];
  /** Number of digests that were not the newest. */
  behind: number;
}

/** Digests by image: an image in several stack files gets the same one. */
const known = new Map<string, Promise<string>>();

function lookUp(name: string, platforms: readonly string[]): Promise<string> {
  const key = [name, ...platforms].join(" ");
  const found = known.get(key) ?? digestOf(name, platforms);
  known.set(key, found);
  return found;
}

const section = "sophia-infra:images";

/** Machine types of the hosts: those that `k3s.release` has a binary for. */
function machines(config: Record<string, unknown>): string[] {
  const { release } = (config["sophia-infra:k3s"] ?? {}) as { release?: Record<string, unknown> };
  return Object.keys(release ?? { amd64: {} }).map((machine) => `linux/${machine}`);
}

/**
 * Looks up the digests of the bases and, where the stack file has the map `images.digests`, of third-party images, and
 * writes those that changed. The rest of the file, with its comments, is kept.
 * @throws when one cannot be looked up; then nothing is written
 */
export async function pin(file: string, { images, check }: PinOptions): Promise<Pinned> {
  let text = await readFile(file, "utf8");
  const { config } = parseDocument(text).toJS() as { config?: Record<string, unknown> };
  const { digests, ...given } = (config?.[section] ?? {}) as { digests?: Record<string, string> | null };
  const { build } = imagesSettings.parse(given);
  if (!build && digests === undefined)
    throw new Error(`${file} has nothing to pin: ${section} has neither build nor digests`);
  const lines: string[] = [];
  let behind = 0;
  const tell = (same: boolean, what: string, reference: string) => {
    lines.push(`${same ? "✔" : check ? "✘" : "✎"} ${basename(file)} ${what}: ${reference}`);
    if (!same) behind += 1;
  };
  for (const [base, reference] of Object.entries(build?.bases ?? {})) {
    const name = reference.replace(/@.*$/, "");
    const newest = `${name}@${await lookUp(name, build?.platforms ?? [])}`;
    tell(newest === reference, base, newest);
    text = text.replaceAll(reference, newest);
  }
  if (digests !== undefined) {
    const newest: Record<string, string> = {};
    for (const image of images) newest[image] = await lookUp(image, machines(config ?? {}));
    for (const [image, digest] of Object.entries(newest))
      tell(digests?.[image] === digest, "runs", `${image}@${digest}`);
    for (const image of Object.keys(digests ?? {}))
      if (!(image in newest)) tell(false, "no longer runs", image);
    text = withMap(text, newest);
  }
  if (!check && behind > 0) await writeFile(file, text);
  return { lines, behind };
}

/** The file with a new map of digests, and no other change. */
function withMap(text: string, digests: Record<string, string>): string {
  const found = parseDocument(text).getIn(["config", section], true);
  const pair = isMap(found) ? found.items.find(({ key }) => String(key) === "digests") : undefined;
  const key = pair?.key as { range?: [number, number, number] } | undefined;
  const value = pair?.value as { range?: [number, number, number] } | undefined;
  if (!key?.range || !value?.range)
    throw new Error(`${section}.digests is written in a way that cannot be changed`);
  const column = key.range[0] - (text.lastIndexOf("\n", key.range[0]) + 1);
  const indent = " ".repeat(column + 2);
  const lines = Object.entries(digests).map(([image, digest]) => `\n${indent}${image}: ${digest}`);
  const rest = text.slice(value.range[1]);
  return `${text.slice(0, key.range[1])}:${lines.join("")}${rest.startsWith("\n") || rest === "" ? "" : "\n"}${rest}`;
}
