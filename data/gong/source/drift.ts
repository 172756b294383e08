import { documented } from "./wire.ts";

/** What is remembered of a stream's fields from run to run. */
export interface Fields {
  /** Documented ones that came at least once. */
  known: string[];
  /** Undocumented ones that came, and were reported. */
  extra: string[];
}

/** Why a field, instead of a rejected record, is in `error_logs`. */
export const fieldReasons = { added: "new field", gone: "field no longer sent" } as const;

/** So many records say that a field is gone; fewer may lack it by chance. */
const enough = 10;

/** Watches which fields the records of one run have. */
export class Drift {
  readonly #groups: [string, Set<string>][];
  readonly #expected = new Set<string>();
  readonly #extra = new Set<string>();
  #records = 0;

  constructor(stream: keyof typeof documented) {
    this.#groups = Object.entries(documented[stream]).map(([group, names]) => [group, new Set(names)]);
  }

  watch(record: object): void {
    this.#records += 1;
    for (const [group, names] of this.#groups) {
      const place = group === "" ? record : (record as Record<string, unknown>)[group];
      if (typeof place !== "object" || place === null) continue;
      for (const name of Object.keys(place)) {
        const path = group === "" ? name : `${group}.${name}`;
        (names.has(name) ? this.#expected : this.#extra).add(path);
      }
    }
  }

  /** What is new since the earlier runs, and what no longer comes; and what to remember. */
  compare(before: Fields): { added: string[]; removed: string[]; fields: Fields } {
    const added = [...this.#extra].filter((path) => !before.extra.includes(path)).sort();
    const removed =
      this.#records < enough ? [] : before.known.filter((path) => !this.#expected.has(path)).sort();
    const known = [...new Set([...before.known, ...this.#expected])].filter(
      (path) => !removed.includes(path),
    );
    return { added, removed, fields: { known: known.sort(), extra: [...before.extra, ...added].sort() } };
  }
}
