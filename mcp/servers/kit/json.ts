/** What TypeScript's library does not know yet of JSON in Node 24: numbers as they were written. */
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const parseWith = JSON.parse as (text: string, reviver: Reviver) => unknown;
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };

/**
 * Parses JSON for writing it again: a number that JavaScript would round stays as it was written. The images of the
 * servers and of the pipeline share no code, so that `data/gong` has its own.
 *
 * @throws SyntaxError
 */
export const parseExactly = (text: string): unknown =>
  parseWith(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && !isExact(value, source) ? rawJSON(source) : value,
  );

/** JavaScript keeps fifteen digits of any number, and whole numbers up to 2^53. */
const isExact = (value: number, source: string): boolean =>
  source.length < 16 ? Number.isFinite(value) : Number.isSafeInteger(value) && String(value) === source;

/** A text as JSON, or undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
