/** A value that Pulumi holds as a secret. Rules see that it is one; only `reveal` gives its content. */
export class Hidden {
  readonly #value: unknown;
  constructor(value: unknown) {
    this.#value = value;
  }
  /** The content; never to be shown. */
  reveal(): unknown {
    return this.#value;
  }
}

/** A value that is known only after the update. */
export const unknown = Symbol("unknown");

export type Json = Record<string, unknown>;

/** Whether a value cannot be evaluated: secret, or unknown until the update. */
export const isOpaque = (value: unknown): boolean => value instanceof Hidden || value === unknown;

/** An object's properties; of anything else, none. */
export const object = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isOpaque(value)
    ? (value as Json)
    : {};

/** A list's objects; of anything else, none. */
export const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(object) : []);

/** The value without its secrets and unknowns, for rules that read strings only. */
export function visible(value: unknown): unknown {
  if (isOpaque(value)) return undefined;
  return mapped(value, visible);
}

/**
 * The value with its secrets revealed and its unknowns replaced, for rules about what a value means.
 * @param forSecret replaces each secret instead, if given
 */
export function revealed(
  value: unknown,
  forUnknown: unknown = undefined,
  forSecret: unknown = undefined,
): unknown {
  if (value instanceof Hidden)
    return forSecret === undefined ? revealed(value.reveal(), forUnknown) : forSecret;
  if (value === unknown) return forUnknown;
  return mapped(value, (each) => revealed(each, forUnknown, forSecret));
}

/**
 * The value with each text and number of its secrets hidden by itself, where Pulumi hides the whole: what then still
 * shows are names of properties, yes and no.
 */
export function sealed(value: unknown, secret = false): unknown {
  if (value instanceof Hidden) return sealed(value.reveal(), true);
  if (secret && (typeof value === "string" || typeof value === "number")) return new Hidden(value);
  return mapped(value, (each) => sealed(each, secret));
}

/** Whether anything in the value is a secret. */
export const hasSecrets = (value: unknown): boolean =>
  value instanceof Hidden ||
  (typeof value === "object" && value !== null && Object.values(value).some(hasSecrets));

/** A list or an object with each of its values changed; anything else as it is. */
function mapped(value: unknown, change: (each: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, change(each)]));
}
