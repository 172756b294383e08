import { Fields } from "../kit/schema.ts";
import type { Properties } from "../kit/values.ts";

/** How a property's value is written. */
export type Form = "text" | "name" | "word" | "number" | "flag" | "names";
/** Properties of a kind of object: by input, what SQL calls it. */
export type PropertyTable = Record<string, { sql: string; form: Form }>;

export const name = (text: string): string => `"${text.replaceAll('"', '""')}"`;
export const text = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

/** One property as SQL writes it; undefined where it is not set. */
function value(inputs: Properties, input: string, form: Form): string | undefined {
  const fields = new Fields(inputs);
  switch (form) {
    case "number":
      return fields.number(input)?.toString();
    case "flag": {
      // Where three values are possible, the provider's flags are texts.
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

/** Assignments of all properties that are set. Pure. */
export const assignments = (table: PropertyTable, inputs: Properties): string[] =>
  Object.entries(table).flatMap(([input, { sql, form }]) => {
    const written = value(inputs, input, form);
    return written === undefined ? [] : [`${sql} = ${written}`];
  });

/** What has to be said to bring an object from `before` to `after`: nothing, a SET, an UNSET, or both. Pure. */
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
