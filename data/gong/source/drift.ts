import { z } from "zod";
import { documented } from "./wire.ts";

/** What is remembered of a stream's fields from run to run. */
export const watchedFields = z.object({
  /** Documented ones that come regularly. */
  known: z.array(z.string()),
  /** Undocumented ones that came, and were reported. */
  extra: z.array(z.string()),
  /** How often each of `known` came when all was last read, up to 1. An earlier release did not write it. */
  shares: z.record(z.string(), z.number()).default({}),
});
export type Fields = z.infer<typeof watchedFields>;

/** Why a field, instead of a rejected record, is in `error_logs`. */
export const fieldReasons = {
  added: "new field",
  gone: "field no longer sent",
  changed: "field of another form",
} as const;

/** A field that would have come so many times, and did not come at all, is gone; fewer may be chance. */
const enough = 10;
/** Of each list in a record so many are looked at: transcripts are long, and their parts alike. */
const ofAList = 10;

interface Group {
  /** Where it is in a record, by names; lists are gone through. */
  path: readonly string[];
  documented: ReadonlySet<string>;
  /** How often it was there, and each of its fields. */
  met: number;
  seen: Map<string, number>;
}

/** Watches which fields the records of one run have. */
export class Drift {
  readonly #groups: Group[];
  readonly #extra = new Set<string>();

  constructor(stream: keyof typeof documented) {
    this.#groups = Object.entries(documented[stream]).map(([path, names]) => ({
      path: path === "" ? [] : path.split("."),
      documented: new Set<string>(names),
      met: 0,
      seen: new Map(),
    }));
  }

  /** @param counts whether it is one of those that `compare` may miss a field in: those that every complete read has */
  watch(record: object, counts = true): void {
    for (const group of this.#groups)
      each(record, group.path, 0, (place) => this.#note(group, place, counts));
  }

  #note(group: Group, place: object, counts: boolean): void {
    if (counts) group.met += 1;
    for (const name of Object.keys(place)) {
      if (!group.documented.has(name)) this.#extra.add(pathOf(group, name));
      else if (counts) group.seen.set(name, (group.seen.get(name) ?? 0) + 1);
    }
  }

  /**
   * What is new since the earlier runs, and what no longer comes; and what to remember.
   *
   * @param complete whether all records that count were read, and each once. Otherwise nothing is missed: the newest
   * calls do not have what Gong's analysis adds.
   */
  compare(before: Fields, complete = true): { added: string[]; removed: string[]; fields: Fields } {
    const added = [...this.#extra].filter((path) => !before.extra.includes(path)).sort();
    const extra = [...before.extra, ...added].sort();
    if (!complete) return { added, removed: [], fields: { ...before, extra } };
    const shares = { ...before.shares };
    const removed: string[] = [];
    for (const group of this.#groups) {
      for (const name of group.documented) {
        const path = pathOf(group, name);
        const seen = group.seen.get(name) ?? 0;
        if (seen >= enough) shares[path] = seen / group.met;
        else if (seen > 0) delete shares[path];
        else if ((shares[path] ?? 0) * group.met >= enough) {
          removed.push(path);
          delete shares[path];
        }
      }
    }
    return { added, removed: removed.sort(), fields: { known: Object.keys(shares).sort(), extra, shares } };
  }
}

const pathOf = ({ path }: Group, name: string) => [...path, name].join(".");

function each(value: unknown, path: readonly string[], at: number, see: (place: object) => void): void {
  if (Array.isArray(value)) {
    for (let i = 0; i < Math.min(value.length, ofAList); i += 1) each(value[i], path, at, see);
  } else if (typeof value === "object" && value !== null) {
    const name = path[at];
    if (name === undefined) see(value);
    else each((value as Record<string, unknown>)[name], path, at + 1, see);
  }
}
