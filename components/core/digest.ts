import { createHash } from "node:crypto";

/**
 * The first hexadecimal digits of a SHA-256 digest, sixteen by default: as an annotation, a change restarts the pods that
 * use the text. Pure.
 */
export const digest = (text: string, digits = 16): string =>
  createHash("sha256").update(text).digest("hex").slice(0, digits);

/** Digest of values, short enough for the name of an object that is replaced when one of them changes. Pure. */
export const contentHash = (...parts: unknown[]): string => digest(JSON.stringify(parts), 10);
