import { Fields } from "../kit/schema.ts";
import type { Properties } from "../kit/values.ts";

/** How a property's value is written in SQL. */
type Form = "text" | "name" | "word" | "number" | "flag" | "names";
/** Properties of a kind of object: SQL name and form by input. */
export type PropertyTable = Record<string, { sql: string; form: Form }>;

/** An identifier in SQL. */
export const name = (text: string): string => `"${text.replaceAll('"', '""')}"`;
/** A text in SQL. */
export const text = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

/** A property's value in SQL; undefined if it is not set. */
function value(inputs: Properties, input: string, form: Form): string | undefined {
  const fields = new Fields(inputs);
  switch (form) {
    case "number":
      return fields.number(input)?.toString();
    case "flag": {
      // The provider's three-valued flags are strings.
      const flag = fields.boolean(input) ?? fields.string(input);
      return flag === undefined || flag === "default" ? undefined : String(flag).toUpperCase();
    }
    case "names":
      return fields.strings(input)?.length ? `(${fields.strings(input)?.map(name).join(", ")})` : undefined;
    default: {
      const given = fields.string(input);
      if (given === undefined) return undefined;
      return form === "text" ? text(given) : form === "name" ? name(given) : given.toUpperCase();
    }
  }
}

/** Assignments of all properties that are set. */
export const assignments = (table: PropertyTable, inputs: Properties): string[] =>
  Object.entries(table).flatMap(([input, { sql, form }]) => {
    const written = value(inputs, input, form);
    return written === undefined ? [] : [`${sql} = ${written}`];
  });

/** The statements that change an object from `before` to `after`: none, a SET, an UNSET, or both. */
export function alterations(
  table: PropertyTable,
  object: string,
  before: Properties,
  after: Properties,
): string[] {
  const old = new Set(assignments(table, before));
  const set = assignments(table, after).filter((assignment) => !old.has(assignment));
  const unset = Object.entries(table)
    .filter(
      ([input, { form }]) =>
        value(after, input, form) === undefined && value(before, input, form) !== undefined,
    )
    .map(([, { sql }]) => sql);
  return [
    ...(set.length > 0 ? [`ALTER ${object} SET ${set.join(" ")}`] : []),
    ...(unset.length > 0 ? [`ALTER ${object} UNSET ${unset.join(", ")}`] : []),
  ];
}
