import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Body } from "../manifests/shapes.ts";

/** A manifest as a tool gets it. */
export interface Manifest {
  id: string;
  objects: Body[];
}

/** What a tool says: a word for each finding, by manifest. Equal findings have equal words. */
export type Findings = Map<string, string[]>;

/** Something that judges manifests. */
export interface Tool {
  /** With its version. */
  name: string;
  judge(manifests: Manifest[], folder: string): Promise<Findings>;
}

/** A tool that could not be had, and why. */
export interface Missing {
  name: string;
  because: string;
}

/** Writes each manifest into a file of its own and gives the files, in order. */
export async function writeAll(manifests: Manifest[], folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  return Promise.all(
    manifests.map(async ({ id, objects }) => {
      const file = join(folder, `${id}.yaml`);
      await writeFile(file, objects.map((each) => stringify(each)).join("---\n"));
      return file;
    }),
  );
}

/** Gives each item to `work`, two at a time, and keeps their order. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}
