import type { Facts, Operation, Shape } from "./facts.ts";

/** What is read of an OpenAPI schema. */
interface Schema {
  $ref?: string;
  type?: string;
  const?: string;
  enum?: string[];
  anyOf?: Schema[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
}

interface Content {
  content: { "application/json": { schema: Schema } };
}
export interface OpenApi {
  info: { version: string };
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Record<string, Schema> };
}
interface DocumentedOperation {
  operationId: string;
  parameters?: { name: string; in: string }[];
  requestBody?: Content;
  responses: Record<string, Content>;
}

/** Prose, and what says nothing about a value on the wire. */
const prose = new Set(["description", "title", "example", "examples", "default", "writeOnly"]);
const read = new Set([
  ...["$ref", "type", "const", "enum", "anyOf", "format", "pattern", "items", "properties", "required"],
  ...["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "additionalProperties"],
]);
const formats: Record<string, string> = { "date-time": "time", ipv4network: "network", password: "string" };

const named = ($ref: string): string => $ref.replace("#/components/schemas/", "");
const literal = (value: unknown): string => JSON.stringify(value);
const bounds = (least?: number, most?: number): string =>
  least === undefined && most === undefined ? "" : ` ${least ?? ""}..${most ?? ""}`;

/** Our notation of a schema. What the notation cannot say is refused by name, so that nothing gets lost in silence. */
export function shapeOf(schema: Schema, where: string): Shape {
  const strange = Object.keys(schema).filter((keyword) => !read.has(keyword) && !prose.has(keyword));
  if (strange.length > 0) throw new Error(`${where}: the notation has no word for ${strange.join(", ")}`);
  if (schema.$ref !== undefined) return named(schema.$ref);
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum) return schema.enum.map(literal).join(" | ");
  if (schema.anyOf) return alternatives(schema.anyOf, where);
  if (schema.type === "array") return listOf(schema, where);
  if (schema.type === "object") return objectOf(schema, where);
  const type = schema.format === undefined ? schema.type : formats[schema.format];
  if (type === undefined) throw new Error(`${where}: neither type nor a known format`);
  const { minLength, maxLength, minimum, maximum, pattern } = schema;
  const range = bounds(minLength ?? minimum, maxLength ?? maximum);
  return `${type}${range}${pattern === undefined ? "" : ` /${pattern}/`}`;
}

function alternatives(schemas: Schema[], where: string): string {
  return schemas
    .map((schema) => {
      const shape = shapeOf(schema, where);
      if (typeof shape !== "string") throw new Error(`${where}: an alternative that has no name`);
      return shape;
    })
    .join(" | ");
}

function listOf({ items, minItems, maxItems }: Schema, where: string): Shape {
  if (!items) throw new Error(`${where}: a list of nothing said`);
  const item = shapeOf(items, `${where}[]`);
  if (minItems !== maxItems) throw new Error(`${where}: a list with two different bounds`);
  return minItems === undefined ? [item] : [item, minItems];
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema, where: string): Shape {
  const fields = Object.entries(properties).map(([name, schema]): [string, Shape] => [
    required.includes(name) ? name : `${name}?`,
    shapeOf(schema, `${where}.${name}`),
  ]);
  const unlisted = required.filter((name) => !(name in properties));
  if (unlisted.length > 0) throw new Error(`${where}: required but not described: ${unlisted.join(", ")}`);
  if (typeof additionalProperties === "object")
    fields.push(["*", shapeOf(additionalProperties, `${where}.*`)]);
  return Object.fromEntries(fields);
}

const schemaOf = ({ content }: Content): Schema => content["application/json"].schema;

/** The whole body of an answer: our judge allows no further field in it, so the document must not either. */
function envelopeOf(content: Content, where: string): Shape {
  const schema = schemaOf(content);
  if (schema.additionalProperties !== false) throw new Error(`${where}: an envelope that is not closed`);
  return shapeOf({ ...schema, additionalProperties: true }, where);
}

/** Codes of the errors that one status may carry. */
function codesOf(content: Content, errors: Record<string, Schema>, where: string): string[] {
  const error = schemaOf(content).properties?.error ?? {};
  const codes = (error.anyOf ?? [error]).map(({ $ref = "" }) => {
    const { properties = {}, required = [] } = errors[named($ref)] ?? {};
    const code = properties.code?.const;
    if (code === undefined || !required.includes("code") || !required.includes("message"))
      throw new Error(`${where}: ${$ref} is not an error with a code and a message`);
    return required.includes("suggestion") ? `${code}!` : code;
  });
  return [...new Set(codes)];
}

type Refusals = Record<string, string[]>;

/** The codes that most operations have, by status; a status that only some have has none. */
function usualOf(all: Refusals[]): Refusals {
  const statuses = [...new Set(all.flatMap((refusals) => Object.keys(refusals)))].sort();
  const usual = statuses.map((status): [string, string[]] => {
    const kinds = Map.groupBy(all, (refusals) => JSON.stringify(refusals[status] ?? []));
    const [[most] = ["[]"]] = [...kinds].sort(([, left], [, right]) => right.length - left.length);
    return [status, JSON.parse(most)];
  });
  return Object.fromEntries(usual.filter(([, codes]) => codes.length > 0));
}

/** What of `refusals` is not usual; an empty list where the usual codes do not occur. */
function unusual(refusals: Refusals, usual: Refusals): Refusals {
  const statuses = [...new Set([...Object.keys(usual), ...Object.keys(refusals)])].sort();
  return Object.fromEntries(
    statuses
      .map((status): [string, string[]] => [status, refusals[status] ?? []])
      .filter(([status, codes]) => codes.join() !== (usual[status] ?? []).join()),
  );
}

function operationOf(
  operation: DocumentedOperation,
  schemas: Record<string, Schema>,
): Operation & { refusals: Refusals } {
  const { operationId: id, parameters = [], requestBody, responses } = operation;
  const query = parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);
  const [good, bad] = [true, false].map((wanted) =>
    Object.entries(responses).filter(([status]) => Number(status) < 400 === wanted),
  );
  return {
    id,
    ...(query.length > 0 && { query }),
    ...(requestBody && { body: shapeOf(schemaOf(requestBody), id) }),
    answers: Object.fromEntries(
      (good ?? []).map(([status, content]) => [status, envelopeOf(content, `${id} ${status}`)]),
    ),
    refusals: Object.fromEntries(
      (bad ?? []).map(([status, content]) => [status, codesOf(content, schemas, `${id} ${status}`)]),
    ),
  };
}

/** Everything that `shape` names, directly or by what it names. */
function namesIn(shape: Shape, shapes: Record<string, Shape>, found = new Set<string>()): Set<string> {
  if (typeof shape === "string") {
    for (const part of shape.split(" | ").filter((name) => /^[A-Z]/.test(name) && !found.has(name))) {
      found.add(part);
      namesIn(shapes[part] ?? "", shapes, found);
    }
  } else
    for (const inner of Array.isArray(shape) ? [shape[0]] : Object.values(shape))
      namesIn(inner, shapes, found);
  return found;
}

/** What a document says that can be held against an exchange; nothing of its prose. */
export function reduce({ info, paths, components: { schemas } }: OpenApi): Facts {
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, ReturnType<typeof operationOf>] => [
      `${method.toUpperCase()} ${path.replace(/^\/api\/v1/, "")}`,
      operationOf(operation, schemas),
    ]),
  );
  const usual = usualOf(documented.map(([, { refusals }]) => refusals));
  const operations = documented.map(([name, { refusals, ...operation }]): [string, Operation] => {
    const own = unusual(refusals, usual);
    return [name, { ...operation, ...(Object.keys(own).length > 0 && { refusals: own }) }];
  });
  const all = Object.fromEntries(
    Object.entries(schemas)
      .filter(([name]) => !name.startsWith("ApiError"))
      .map(([name, schema]) => [name, shapeOf(schema, name)]),
  );
  const used = new Set<string>();
  for (const [, { body, answers }] of operations)
    for (const shape of [body ?? "", ...Object.values(answers)]) namesIn(shape, all, used);
  return {
    version: info.version,
    usual,
    operations: Object.fromEntries(operations),
    shapes: Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name))),
  };
}
