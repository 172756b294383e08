import { hash } from "bcryptjs";
import type { CheckFailure } from "../kit/provider.ts";
import type { ResourceType } from "../kit/resources.ts";
import { Fields, type Inputs } from "../kit/schema.ts";
import { isObject, type Properties, reveal, Secret, unknown, type Value } from "../kit/values.ts";
import { randomId, randomText, type TextOptions } from "./text.ts";

const keepers: Inputs[string] = { type: "object", each: { type: "string" } };

const textInputs: Inputs = {
  keepers,
  length: { type: "number", required: true },
  lower: { type: "boolean" },
  minLower: { type: "number" },
  minNumeric: { type: "number" },
  minSpecial: { type: "number" },
  minUpper: { type: "number" },
  number: { type: "boolean" },
  numeric: { type: "boolean" },
  overrideSpecial: { type: "string" },
  special: { type: "boolean" },
  upper: { type: "boolean" },
};

/** `number` is the deprecated name of `numeric`. */
function textOptions(inputs: Properties): TextOptions {
  const fields = new Fields(inputs);
  const flag = (name: string) => fields.boolean(name) ?? true;
  const count = (name: string) => fields.number(name) ?? 0;
  return {
    length: count("length"),
    upper: flag("upper"),
    lower: flag("lower"),
    numeric: fields.boolean("numeric") ?? flag("number"),
    special: flag("special"),
    minUpper: count("minUpper"),
    minLower: count("minLower"),
    minNumeric: count("minNumeric"),
    minSpecial: count("minSpecial"),
    overrideSpecial: fields.string("overrideSpecial") ?? "",
  };
}

function checkText(inputs: Properties): CheckFailure[] {
  const options = textOptions(inputs);
  const least = options.minUpper + options.minLower + options.minNumeric + options.minSpecial;
  const failures: CheckFailure[] = [];
  if (!Number.isInteger(options.length) || options.length < Math.max(1, least)) {
    failures.push({
      property: "length",
      reason: `length must be a whole number of at least ${Math.max(1, least)}`,
    });
  }
  if (!options.upper && !options.lower && !options.numeric && !options.special) {
    failures.push({
      property: "numeric",
      reason: "at least one of upper, lower, numeric, special must be true",
    });
  }
  const { number, numeric } = inputs;
  if (number !== undefined && numeric !== undefined && number !== numeric) {
    failures.push({
      property: "number",
      reason: "number and numeric are the same setting and must be equal",
    });
  }
  return failures;
}

/** The inputs with all defaults: setting an input to its default is not a change. */
function textDefaults(inputs: Properties): Properties {
  const { overrideSpecial: _special, numeric, ...options } = textOptions(inputs);
  return { ...options, numeric, number: numeric, ...withoutEmpty(inputs) };
}

/** Empty keepers and an empty set of special characters are equivalent to none. */
function withoutEmpty(inputs: Properties): Properties {
  return Object.fromEntries(
    Object.entries(inputs).filter(([name, value]) => {
      if (name === "overrideSpecial") return reveal(value) !== "";
      return name !== "keepers" || !isObject(value) || Object.keys(value).length > 0;
    }),
  );
}

const text = (
  created: (result: string) => Promise<{ id: string; outputs: Properties }>,
  preview: Properties,
): ResourceType => ({
  inputs: textInputs,
  check: checkText,
  normalise: textDefaults,
  async create({ inputs, preview: dry }) {
    if (dry) return { id: "", outputs: { ...textDefaults(inputs), ...preview } };
    const { id, outputs } = await created(randomText(textOptions(inputs)));
    return { id, outputs: { ...textDefaults(inputs), ...outputs } };
  },
});

const secretUnknown: Value = new Secret(unknown);

/** `random:index/randomPassword:RandomPassword`: result and hash are secret; the id contains neither. */
export const randomPassword = text(
  async (result) => ({
    id: "none",
    // bcrypt uses the first 72 bytes; 10 is the official plugin's cost.
    outputs: { result: new Secret(result), bcryptHash: new Secret(await hash(result, 10)) },
  }),
  { result: secretUnknown, bcryptHash: secretUnknown },
);

/** `random:index/randomString:RandomString`: not secret; the string is also the id. */
export const randomString = text(async (result) => ({ id: result, outputs: { result } }), {
  result: unknown,
});

/** `random:index/randomId:RandomId`: not secret. */
export const randomIdType: ResourceType = {
  inputs: { byteLength: { type: "number", required: true }, keepers, prefix: { type: "string" } },
  check(inputs) {
    const length = new Fields(inputs).number("byteLength") ?? 0;
    if (Number.isInteger(length) && length >= 1) return [];
    return [{ property: "byteLength", reason: "byteLength must be a whole number of at least 1" }];
  },
  normalise: withoutEmpty,
  async create({ inputs, preview }) {
    if (preview)
      return { id: "", outputs: { ...inputs, b64Std: unknown, b64Url: unknown, dec: unknown, hex: unknown } };
    const fields = new Fields(inputs);
    const { id, ...outputs } = randomId(fields.number("byteLength") ?? 0, fields.string("prefix") ?? "");
    return { id, outputs: { ...inputs, ...outputs } };
  },
};
