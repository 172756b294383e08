import { Ajv, type ValidateFunction } from "ajv";
import { RawJson } from "./document.ts";
import type { Schema } from "./schema.ts";

/** How a later value is combined with an earlier one at the same place. */
interface Reduction {
  strategy: string;
  delete?: boolean;
}

const ajv = new Ajv({ strict: false, validateFormats: false });
const conditions = new WeakMap<Schema, ValidateFunction>();

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  isSchema(value) && !(value instanceof RawJson);

function fulfils(value: unknown, condition: Schema): boolean {
  const judge = conditions.get(condition) ?? ajv.compile(condition);
  conditions.set(condition, judge);
  return judge(value) === true;
}

/** The schemas that speak of a value: these, what they are made of, and the branches that it takes. */
export function rulesFor(schemas: readonly Schema[], value: unknown): Schema[] {
  return schemas.flatMap((schema) => {
    const parts = Array.isArray(schema.allOf) ? schema.allOf.filter(isSchema) : [];
    const branch = isSchema(schema.if) && (fulfils(value, schema.if) ? schema.then : schema.else);
    return [schema, ...rulesFor(isSchema(branch) ? [...parts, branch] : parts, value)];
  });
}

/** Estuary's default is that the last value stands for the whole. */
export function reductionOf(rules: readonly Schema[]): Reduction {
  const found = rules.find(({ reduce }) => reduce !== undefined)?.reduce as Reduction | undefined;
  return found ?? { strategy: "lastWriteWins" };
}

/** What a later value makes of an earlier one, by the rules for the later. */
export function reducedBy(rules: readonly Schema[], earlier: unknown, later: unknown): unknown {
  const { strategy } = reductionOf(rules);
  if (strategy === "lastWriteWins") return later;
  if (strategy === "firstWriteWins") return earlier;
  if (strategy !== "merge") throw new Error(`the lab's plane does not know the reduce strategy ${strategy}`);
  if (!isObject(earlier) || !isObject(later))
    throw new Error("the reduce strategy merge is for objects, and a document has something else there");
  const whole = { ...earlier };
  for (const [name, value] of Object.entries(later)) {
    const own = rules.flatMap(({ properties }) => (isSchema(properties) ? [properties[name]] : []));
    const below = rulesFor(own.filter(isSchema), value);
    whole[name] = whole[name] === undefined ? value : reducedBy(below, whole[name], value);
  }
  return whole;
}

/** Whether some document of these is merged into what a destination has of its record. */
export const mergesRecords = (schema: Schema): boolean =>
  reductionOf([schema]).strategy === "merge" ||
  [schema.allOf, schema.then, schema.else].flat().filter(isSchema).some(mergesRecords);
