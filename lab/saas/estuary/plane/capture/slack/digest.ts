import { createHash } from "node:crypto";
import type { Document } from "../../collections/document.ts";

/** Short text that differs where two documents differ. */
export const digestOf = (document: Document): string =>
  createHash("sha1").update(JSON.stringify(document)).digest("base64").slice(0, 11);

export interface Difference {
  changed: string[];
  gone: string[];
}

/** What differs between two lots of digests by key. */
export function difference(
  was: Readonly<Record<string, string>>,
  is: Readonly<Record<string, string>>,
): Difference {
  return {
    changed: Object.keys(is).filter((key) => was[key] !== is[key]),
    gone: Object.keys(was).filter((key) => is[key] === undefined),
  };
}
