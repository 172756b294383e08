/**
 * `make pin-images`: looks up the digests of what images are made of, and writes them into the stack files.
 *
 *   node images/pin/main.ts [--check] [<stack file>…]     default: Pulumi.dev.yaml and Pulumi.prod.yaml
 *
 * With `--check` nothing is written, and it ends with 1 where a digest is not the newest of its tag.
 */
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { imagesSettings } from "../../components/settings/images.ts";
import { digestOf } from "./registry.ts";

const repository = join(import.meta.dirname, "../..");
const given = process.argv.slice(2);
const check = given.includes("--check");
const named = given.filter((argument) => !argument.startsWith("--"));
const files =
  named.length > 0 ? named : ["Pulumi.dev.yaml", "Pulumi.prod.yaml"].map((name) => join(repository, name));

/** The same tag may stand in several files: all get the same digest. */
const looked = new Map<string, Promise<string>>();

/** @returns how many digests were not the newest */
async function pin(file: string): Promise<number> {
  let text = await readFile(file, "utf8");
  const { config } = parse(text) as { config?: Record<string, unknown> };
  const { build } = imagesSettings.parse(config?.["sophia-infra:images"] ?? {});
  if (!build) throw new Error(`${file} builds no images: sophia-infra:images has no build`);
  let behind = 0;
  for (const [base, reference] of Object.entries(build.bases)) {
    const name = reference.replace(/@.*$/, "");
    const key = [name, ...build.platforms].join(" ");
    const found = looked.get(key) ?? digestOf(name, build.platforms);
    looked.set(key, found);
    const pinned = `${name}@${await found}`;
    const same = pinned === reference;
    process.stdout.write(`${same ? "✔" : check ? "✘" : "✎"} ${basename(file)} ${base}: ${pinned}\n`);
    if (same) continue;
    behind += 1;
    text = text.replaceAll(reference, pinned);
  }
  if (!check && behind > 0) await writeFile(file, text);
  return behind;
}

try {
  let behind = 0;
  for (const file of files) behind += await pin(file);
  if (check && behind > 0) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
