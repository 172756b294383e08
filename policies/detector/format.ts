import { isPlaceholder, isReference } from "./random.ts";

/** A kind of key that can be recognised by its form. */
export interface Format {
  name: string;
  /** Lower-case texts, one of which is always present: a cheap check before the pattern. */
  keywords: string[];
  /** Global. The first group that matched, where there is one, is the key itself. */
  pattern: RegExp;
  /** Rejects a match that is no key after all. */
  verify?: (secret: string) => boolean;
}

/** Whether a text may be a key: examples have words for one. */
export const notPlaceholder = (secret: string): boolean => !isPlaceholder(secret);

/** Neither a placeholder nor a reference to the value. */
export const isLiteral = (secret: string): boolean => !isPlaceholder(secret) && !isReference(secret);
