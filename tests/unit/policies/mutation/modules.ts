import { readdirSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const mark = "mutant=";

/** TypeScript files under a folder. */
export const sourcesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Which files import which, of those given. */
function importers(files: string[]): Map<string, string[]> {
  const by = new Map<string, string[]>();
  for (const file of files) {
    for (const [, named] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+\.ts)"/g)) {
      const target = join(dirname(file), named ?? "");
      by.set(target, [...(by.get(target) ?? []), file]);
    }
  }
  return by;
}

/** Loads mutants in this process, beside the real modules, which it leaves as they are. */
export class Mutants {
  readonly #importers: Map<string, string[]>;
  #count = 0;
  #file = "";
  #source = "";
  #dirty = new Set<string>();

  /** @param folder whose files may be mutated; nothing outside it is loaded again */
  constructor(folder: string) {
    this.#importers = importers(sourcesUnder(folder));
    registerHooks({
      resolve: (specifier, context, next) => {
        const found = next(specifier, context);
        const query = context.parentURL?.split("?")[1];
        if (!query?.startsWith(mark) || !found.url.startsWith("file:")) return found;
        return this.#dirty.has(fileURLToPath(found.url)) ? { ...found, url: `${found.url}?${query}` } : found;
      },
      load: (url, context, next) => {
        const [bare = "", query = ""] = url.split("?");
        if (!query.startsWith(mark) || fileURLToPath(bare) !== this.#file) return next(url, context);
        return { format: "module-typescript", source: this.#source, shortCircuit: true };
      },
    });
  }

  /** The file and all that import it, directly or not. */
  dependents(file: string): string[] {
    const found = new Set([file]);
    for (const each of found) for (const other of this.#importers.get(each) ?? []) found.add(other);
    return [...found];
  }

  /**
   * Modules that a change of a file reaches, with that change.
   * @param wanted which of them
   */
  async load(
    file: string,
    source: string,
    wanted: (file: string) => boolean,
  ): Promise<Record<string, unknown>[]> {
    this.#count += 1;
    this.#file = file;
    this.#source = source;
    const dirty = this.dependents(file);
    this.#dirty = new Set(dirty);
    return Promise.all(
      dirty.filter(wanted).map((each) => import(`${pathToFileURL(each).href}?${mark}${this.#count}`)),
    );
  }
}
