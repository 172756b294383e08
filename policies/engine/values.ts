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
  if (Array.isArray(value)) return value.map(visible);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, visible(each)]));
}

/** The value with its secrets revealed and its unknowns replaced, for rules about what a value means. */
export function revealed(value: unknown, forUnknown: unknown = undefined): unknown {
  if (value instanceof Hidden) return revealed(value.reveal(), forUnknown);
  if (value === unknown) return forUnknown;
  if (Array.isArray(value)) return value.map((each) => revealed(each, forUnknown));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revealed(each, forUnknown)]));
}
