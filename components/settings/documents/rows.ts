import { z } from "zod";
import type { Comments } from "./comments.ts";

/** One setting as the table shows it. */
export interface Row {
  path: string;
  type: string;
  /** `required`, or the default in YAML's flow form. */
  standard: string;
  about: string;
}

type Schema = z.core.JSONSchema.JSONSchema;

function typeOf(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.anyOf) {
    return schema.anyOf.map((one) => (typeof one === "object" ? typeOf(one) : "any")).join(" or ");
  }
  if (schema.type === "array") {
    const { items } = schema;
    return `list of ${typeof items === "object" && !Array.isArray(items) ? typeOf(items) : "any"}`;
  }
  if (schema.type === "object") {
    const keys = Object.keys(schema.properties ?? {});
    return keys.length > 0 ? `{ ${keys.join(", ")} }` : "map";
  }
  return String(schema.type ?? "any");
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const written = (value: unknown) => `\`${JSON.stringify(value)}\``;

/** Rows without a description: `make documents` refuses them. Pure. */
export const undescribed = (rows: Row[]): string[] =>
  rows.filter(({ about }) => about === "").map(({ path }) => path);

/** Every setting that has a value itself, in the order of the schema. Pure. */
export function settingRows(schema: z.ZodType, comments: Comments): Row[] {
  const rows: Row[] = [];
  /** @param inherited what a default of the whole part says of this field */
  const visit = (node: Schema, path: string, needed: boolean, inherited?: unknown) => {
    const items =
      node.type === "array" && typeof node.items === "object" ? (node.items as Schema) : undefined;
    const nested = node.properties ?? items?.properties;
    const part = nested !== undefined && items === undefined;
    const fallback = inherited ?? node.default;
    const standard = fallback === undefined ? (needed ? "required" : "") : part ? "" : written(fallback);
    const about = comments.get(path) ?? "";
    // A part says something only where people wrote something about it.
    if (!nested || about !== "" || standard === "required") {
      rows.push({ path, type: part ? "" : items?.properties ? "list" : typeOf(node), standard, about });
    }
    const required = new Set(node.required ?? items?.required);
    const defaults = new Map(part && isRecord(fallback) ? Object.entries(fallback) : []);
    for (const [name, inner] of Object.entries(nested ?? {})) {
      if (typeof inner !== "object") continue;
      visit(inner, `${path}${items ? "[]" : ""}.${name}`, required.has(name), defaults.get(name));
    }
  };
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Schema;
  const required = new Set(root.required);
  for (const [name, inner] of Object.entries(root.properties ?? {})) {
    if (typeof inner === "object") visit(inner, name, required.has(name));
  }
  return rows;
}
