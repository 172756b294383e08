import type { CheckFailure } from "./provider.ts";
import { Asset, isObject, type Properties, reveal, Secret, Unknown, type Value } from "./values.ts";

/** An input of a resource, as in the documentation of its type. */
export interface Input {
  type: "string" | "number" | "boolean" | "array" | "object" | "asset" | "any";
  required?: boolean;
  /** Always encrypted in the state. */
  secret?: boolean;
  default?: Value;
  /** A change replaces the resource. */
  replace?: boolean;
  oneOf?: string[];
  /** For an object with known fields. */
  fields?: Inputs;
  /** For the elements of an array, or of an object with arbitrary keys. */
  each?: Input;
  /** Why the lab does not support this input of the official plugin. */
  refused?: string;
}
export type Inputs = Record<string, Input>;

const typeName = (value: Value): string => {
  if (value instanceof Asset) return value.kind;
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
};

function conforms(value: Value, type: Input["type"]): boolean {
  switch (type) {
    case "any":
      return true;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "asset":
      return value instanceof Asset;
    default:
      return typeof value === type;
  }
}

/**
 * Checks inputs against their description: fills in defaults, marks secrets, and reports every failure.
 * Unknown values conform to every type.
 */
export function checkInputs(
  inputs: Inputs,
  given: Properties,
  prefix = "",
): { inputs: Properties; failures: CheckFailure[] } {
  const failures: CheckFailure[] = [];
  const checked: Properties = {};
  for (const [name, value] of Object.entries(given)) {
    // Added by the engine or the SDK.
    if (prefix === "" && (name === "version" || name.startsWith("__"))) continue;
    const input = inputs[name];
    const property = `${prefix}${name}`;
    if (!input) {
      failures.push({
        property,
        reason: `${property} is not an input of this resource; supported inputs: ${Object.keys(inputs).join(", ")}`,
      });
    } else if (value !== null) {
      checked[name] = checkValue(input, value, property, failures);
    }
  }
  for (const [name, input] of Object.entries(inputs)) {
    if (checked[name] !== undefined) continue;
    if (input.default !== undefined) checked[name] = input.default;
    else if (input.required && !failures.some(({ property }) => property === `${prefix}${name}`)) {
      failures.push({ property: `${prefix}${name}`, reason: `Missing required property '${prefix}${name}'` });
    }
  }
  return { inputs: checked, failures };
}

function checkValue(input: Input, value: Value, property: string, failures: CheckFailure[]): Value {
  if (input.refused) {
    failures.push({ property, reason: `${property} is not supported by the lab: ${input.refused}` });
    return value;
  }
  if (value instanceof Secret)
    return new Secret(checkValue({ ...input, secret: false }, value.value, property, failures));
  if (value instanceof Unknown) return value;
  let result = value;
  if (!conforms(value, input.type)) {
    failures.push({ property, reason: `${property} must be of type ${input.type}, got ${typeName(value)}` });
  } else if (input.oneOf && !input.oneOf.includes(String(value))) {
    failures.push({ property, reason: `${property} must be one of ${input.oneOf.join(", ")}` });
  } else if (input.fields && isObject(value)) {
    const nested = checkInputs(input.fields, value, `${property}.`);
    failures.push(...nested.failures);
    result = nested.inputs;
  } else if (input.each) {
    const { each } = input;
    if (Array.isArray(value))
      result = value.map((item, index) => checkValue(each, item, `${property}[${index}]`, failures));
    else if (isObject(value)) {
      result = Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          checkValue(each, item, `${property}.${key}`, failures),
        ]),
      );
    }
  }
  return input.secret ? new Secret(result) : result;
}

/** Typed access to checked inputs or state, with secrets revealed. */
export class Fields {
  readonly #properties: Properties;
  constructor(properties: Properties) {
    this.#properties = properties;
  }
  #get(name: string): Value | undefined {
    const value = this.#properties[name];
    return value === undefined || value === null ? undefined : reveal(value);
  }
  string(name: string): string | undefined {
    const value = this.#get(name);
    return typeof value === "string" ? value : undefined;
  }
  number(name: string): number | undefined {
    const value = this.#get(name);
    return typeof value === "number" ? value : undefined;
  }
  boolean(name: string): boolean | undefined {
    const value = this.#get(name);
    return typeof value === "boolean" ? value : undefined;
  }
  strings(name: string): string[] | undefined {
    const value = this.#get(name);
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
  }
  /** The strings of an object with arbitrary keys. */
  texts(name: string): Record<string, string> {
    const value = this.#get(name);
    if (!isObject(value)) return {};
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, text]) => (typeof text === "string" ? [[key, text]] : [])),
    );
  }
  asset(name: string): Asset | undefined {
    const value = this.#get(name);
    return value instanceof Asset ? value : undefined;
  }
  object(name: string): Fields | undefined {
    const value = this.#get(name);
    return isObject(value) ? new Fields(value) : undefined;
  }
}
