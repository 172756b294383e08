import pg from "pg";
import { RawJson } from "../../collections/document.ts";
import type { Schema } from "../../collections/schema.ts";

/** PostgreSQL's types by oid, and what becomes of their values. */
interface Kind {
  schema: Schema;
  /** From PostgreSQL's text. */
  value(text: string): unknown;
}

const same = (text: string): unknown => text;
/** `2026-11-20 10:00:00.123456+00` as RFC 3339; `infinity` stays. */
const moment = (text: string): string =>
  text.replace(/^(\S+) (\S+?)(?:\+00)?( BC)?$/, (_, date, time, era = "") => `${date}T${time}Z${era}`);
/** Numbers that JavaScript cannot hold stay text. */
const whole = (text: string): unknown => {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
};
const real = (text: string): unknown => {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
};
const bytes = (text: string): string => Buffer.from(text.slice(2), "hex").toString("base64");

const text: Kind = { schema: { type: "string" }, value: same };
const integer: Kind = { schema: { type: "integer" }, value: whole };
const float: Kind = { schema: { type: "number" }, value: real };
const json: Kind = { schema: {}, value: (raw) => new RawJson(raw) };
const kinds: Record<number, Kind> = {
  16: { schema: { type: "boolean" }, value: (raw) => raw === "t" || raw === "true" },
  17: { schema: { type: "string", contentEncoding: "base64" }, value: bytes },
  20: integer,
  21: integer,
  23: integer,
  26: integer,
  114: json,
  700: float,
  701: float,
  1082: { schema: { type: "string", format: "date" }, value: same },
  1114: { schema: { type: "string", format: "date-time" }, value: moment },
  1184: { schema: { type: "string", format: "date-time" }, value: moment },
  1700: { schema: { type: "string", format: "number" }, value: same },
  2950: { schema: { type: "string", format: "uuid" }, value: same },
  3802: json,
};

/** Arrays of types that this program knows how to take apart. */
const arrays = new Set([1000, 1005, 1007, 1009, 1015, 1016, 1021, 1022, 2951]);
const array = (oid: number): Kind => ({ schema: { type: "array" }, value: pg.types.getTypeParser(oid) });

/** What becomes of a column; types that are not known, such as enumerations and citext, become text. */
export const kindOf = (oid: number): Kind => kinds[oid] ?? (arrays.has(oid) ? array(oid) : text);

/** The schema of a column's values, with null where the column may be null. */
export function schemaOf(oid: number, nullable: boolean): Schema {
  const { schema } = kindOf(oid);
  return nullable && typeof schema.type === "string" ? { ...schema, type: [schema.type, "null"] } : schema;
}
