/** The part of JSON Schema that decides about columns. */
export type Schema = Record<string, unknown>;

/** What a column holds, before a destination names it in its own way. */
export type ColumnType =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "timestamp"
  | "date"
  | "uuid"
  | "bigInteger"
  | "decimal"
  | "json";

const schemaIn = (value: unknown): Schema | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : undefined;
const listIn = (value: unknown): Schema[] =>
  Array.isArray(value) ? value.map(schemaIn).filter((entry) => entry !== undefined) : [];

/** All that a schema says by itself and by its alternatives. */
const alternatives = (schema: Schema): Schema[] => [
  schema,
  ...[...listIn(schema.anyOf), ...listIn(schema.oneOf), ...listIn(schema.allOf)].flatMap(alternatives),
];

/** Properties of an object by name. */
export function propertiesOf(schema: Schema): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  for (const one of alternatives(schema)) {
    for (const [name, value] of Object.entries(schemaIn(one.properties) ?? {}))
      found[name] = schemaIn(value) ?? {};
  }
  return found;
}

/** The schema at a path; `additionalProperties` answers for names that are not listed. */
export function schemaAt(schema: Schema, path: readonly string[]): Schema | undefined {
  let here: Schema | undefined = schema;
  for (const part of path) {
    if (!here) return undefined;
    const more: Schema | undefined = alternatives(here)
      .map((one) => schemaIn(one.additionalProperties))
      .find((one) => one !== undefined);
    here = propertiesOf(here)[part] ?? more;
  }
  return here;
}

/** Types that a value may have, `null` left out. */
export function typesOf(schema: Schema): string[] {
  const types = alternatives(schema).flatMap((one) => {
    if (typeof one.type === "string") return [one.type];
    if (Array.isArray(one.type)) return one.type.map(String);
    return Array.isArray(one.enum) ? one.enum.map((value) => (value === null ? "null" : typeof value)) : [];
  });
  return [...new Set(types)].filter((type) => type !== "null").sort();
}

/** What a column for values of this schema holds: as Estuary maps JSON's types and formats. */
export function columnTypeOf(schema: Schema): ColumnType {
  const types = typesOf(schema).join(" ");
  const format = alternatives(schema).find((one) => typeof one.format === "string")?.format;
  if (types === "integer") return "integer";
  if (types === "number" || types === "integer number") return "number";
  if (types === "boolean") return "boolean";
  if (format === "integer" && /^(integer )?string$/.test(types)) return "bigInteger";
  if (format === "number" && /^(integer |number )*string$/.test(types)) return "decimal";
  if (types !== "string") return "json";
  if (format === "date-time") return "timestamp";
  if (format === "date") return "date";
  return format === "uuid" ? "uuid" : "string";
}

/** What was declared, completed by what was discovered at the source; where both speak, the declaration holds. */
function completed(declared: Schema, discovered: Schema): Schema {
  const [own, found] = [propertiesOf(declared), propertiesOf(discovered)];
  if (Object.keys(found).length === 0) return declared;
  const properties: Record<string, Schema> = { ...found };
  for (const [name, schema] of Object.entries(own)) {
    const other = found[name];
    properties[name] = other && typesOf(schema).join() === "object" ? completed(schema, other) : schema;
  }
  return { ...declared, properties };
}

/** What a collection is read by. Estuary infers from all documents that they have `_meta`: it gives each of them its id. */
export function schemaToRead(
  { schema, declaredOnly }: { schema: Schema; declaredOnly?: true },
  discovered: Schema,
): Schema {
  if (declaredOnly) return schema;
  const whole = completed(schema, discovered);
  const required = Array.isArray(whole.required) ? whole.required : [];
  return {
    ...whole,
    required: [...new Set([...required, "_meta"])],
    properties: { _meta: { type: "object" }, ...schemaIn(whole.properties) },
  };
}
