/** Fields of COPY's text format. */

const nothing = "\\N";
const escapes: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const special = /[\\\n\r\t]/;

/** A text in COPY's form; NULL where there is none. Pure. */
export function textField(value: string | null | undefined): string {
  if (value === null || value === undefined) return nothing;
  if (!special.test(value)) return value;
  return value.replaceAll(/[\\\n\r\t]/g, (character) => escapes[character] ?? character);
}

/** @param json as `JSON.stringify` writes it: of what COPY treats specially it has backslashes only */
export const jsonField = (json: string | undefined): string =>
  json === undefined ? nothing : json.includes("\\") ? json.replaceAll("\\", "\\\\") : json;

/** A number or truth value in COPY's form; NULL where there is none. Pure. */
export const otherField = (value: number | boolean | null | undefined): string =>
  value === null || value === undefined ? nothing : String(value);

/** Back from what `jsonField` made. */
export const asJson = (field: string): string =>
  field === nothing ? "null" : field.replaceAll("\\\\", "\\");
