/** What TypeScript's library does not know yet of JSON in Node 24: numbers as they were written. */
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const parseWith = JSON.parse as (text: string, reviver?: Reviver) => unknown;
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };

/** Numbers that JavaScript may not hold: sixteen digits and more, or a large exponent. May also hit inside texts. */
const longNumber = /[[:,]\s*-?[\d.]{16}|\d[eE]\+?\d{3}/;

/** Parses JSON; a number that JavaScript would round stays as it was written, and is written so again. @throws SyntaxError */
export function parseExactly(text: string): unknown {
  if (!longNumber.test(text)) return parseWith(text);
  return parseWith(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && !isExact(value, source) ? rawJSON(source) : value,
  );
}

const isExact = (value: number, source: string): boolean =>
  source.length < 16 ? Number.isFinite(value) : Number.isSafeInteger(value) && String(value) === source;

/** Escapes that are valid JSON, and that PostgreSQL can store in no text: NUL, and halves of surrogate pairs. */
const unstorable = /\\(?:u(0000|d[89a-f][0-9a-f]{2})|[\s\S])/g;
const suspicious = /\\u(?:0000|d[89a-f])/;

/** Whether PostgreSQL can store it as jsonb. @param json as `JSON.stringify` writes it */
export function isStorable(json: string): boolean {
  if (!suspicious.test(json)) return true;
  for (const [, bad] of json.matchAll(unstorable)) if (bad !== undefined) return false;
  return true;
}

/** The same with `U+FFFD` instead of what cannot be stored. */
export const storable = (json: string): string =>
  suspicious.test(json)
    ? json.replaceAll(unstorable, (all, bad) => (bad === undefined ? all : "\\ufffd"))
    : json;
