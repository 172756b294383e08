import type { Facts, Shape } from "./facts.ts";

const types: Record<string, object> = {
  string: { type: "string" },
  integer: { type: "integer" },
  boolean: { type: "boolean" },
  null: { type: "null" },
  time: { type: "string", format: "time" },
  network: { type: "string", format: "network" },
};

function boundsOf(type: string, least?: string, most?: string): object {
  const [low, high] = type === "integer" ? ["minimum", "maximum"] : ["minLength", "maxLength"];
  return {
    ...(least && { [low as string]: Number(least) }),
    ...(most && { [high as string]: Number(most) }),
  };
}

function alternative(text: string): object {
  if (text.startsWith('"')) return { const: JSON.parse(text) };
  if (/^[A-Z]\w*$/.test(text)) return { $ref: `#/$defs/${text}` };
  const [, name = "", least, most, pattern] = /^([a-z]+)(?: (\d*)\.\.(\d*))?(?: \/(.*)\/)?$/.exec(text) ?? [];
  const type = types[name];
  if (!type) throw new Error(`no shape is written ${JSON.stringify(text)}`);
  return { ...type, ...boundsOf(name, least, most), ...(pattern !== undefined && { pattern }) };
}

/** The JSON schema of a shape. Named shapes are looked up under `$defs`. */
export function schemaOf(shape: Shape): object {
  if (typeof shape === "string") {
    const alternatives = shape.split(" | ").map(alternative);
    return alternatives.length === 1 ? (alternatives[0] as object) : { anyOf: alternatives };
  }
  if (isList(shape)) {
    const [item, count] = shape;
    return {
      type: "array",
      items: schemaOf(item),
      ...(count !== undefined && { minItems: count, maxItems: count }),
    };
  }
  const { "*": others, ...fields } = shape;
  return {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name.replace(/\?$/, ""), schemaOf(value)]),
    ),
    required: Object.keys(fields).filter((name) => !name.endsWith("?")),
    ...(others !== undefined && { additionalProperties: schemaOf(others) }),
  };
}

const isList = (shape: Exclude<Shape, string>): shape is readonly [Shape] | readonly [Shape, number] =>
  Array.isArray(shape);

const closed = (schema: object): object => ({ ...schema, additionalProperties: false });

/** The same, where no object has fields beside those that are named, at any depth. One without any named field is free. */
export function strictly<Value>(schema: Value): Value {
  if (Array.isArray(schema)) return schema.map(strictly) as Value;
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, strictly(value)]));
  const named = "properties" in inner && Object.keys(inner.properties as object).length > 0;
  return (named && !("additionalProperties" in inner) ? closed(inner) : inner) as Value;
}

/** The body of an answer: nothing beside what is said. */
export const answerSchema = (shape: Shape): object => closed(schemaOf(shape));

/** The body of a refusal with one of these codes. */
export function refusalSchema(codes: readonly string[]): object {
  const errors = codes.map((code) =>
    schemaOf({
      code: JSON.stringify(code.replace(/!$/, "")),
      message: "string",
      [code.endsWith("!") ? "suggestion" : "suggestion?"]: "string",
    }),
  );
  return closed({ type: "object", properties: { error: { anyOf: errors } }, required: ["error"] });
}

/** All named shapes, for schemas that refer to them. */
export const definitions = ({ shapes }: Facts): Record<string, object> =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, schemaOf(shape)]));
