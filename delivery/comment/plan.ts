import { z } from "zod";

// The content of a comment as data, without values of properties. In a pull request from a fork it is written by code that
// nobody has reviewed, so it is validated against this schema, and every text in it is untrusted.

const text = (most: number) => z.string().max(most);

const kinds = ["create", "update", "replace", "delete"] as const;

/** Severities of an effect, the highest first. */
export const severities = ["data", "outage", "restart", "none"] as const;

const effectSchema = z.strictObject({
  /** The affected resource, e.g. `host backend`. */
  subject: text(300),
  severity: z.enum(severities),
  /** What happens. */
  what: text(500),
  /** The cause: properties that changed. */
  why: text(500),
});

const changeSchema = z.strictObject({
  kind: z.enum(kinds),
  name: text(500),
  type: text(300),
  /** Properties that differ. */
  paths: z.array(text(500)).max(500),
  /** Properties that force the replacement. */
  keys: z.array(text(500)).max(100),
});

const amount = z.number().nonnegative().finite().nullable();
const costItemSchema = z.strictObject({
  resource: text(300),
  /** US dollars a month; null where the price is not known. */
  before: amount,
  after: amount,
  basis: text(300),
});

/** Messages that a plan holds. */
export const mostMessages = 500;

export const planSchema = z.strictObject({
  stack: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
  /** Planned from an empty stack, with placeholder secrets, without access to any account. */
  offline: z.boolean(),
  /** Whether the CLI succeeded; a violation of a mandatory policy is a failure. */
  succeeded: z.boolean(),
  changes: z.array(changeSchema).max(5000),
  unchanged: z.number().int().nonnegative(),
  effects: z.array(effectSchema).max(5000),
  policies: z.strictObject({
    /** Names of the policy packs; none means that no policy was checked. */
    packs: z.array(text(100)).max(20),
    /** Rules that were checked at least once without a violation. */
    passed: z.number().int().nonnegative(),
    verdicts: z
      .array(
        z.strictObject({
          rule: text(200),
          mandatory: z.boolean(),
          resource: text(500),
          message: text(5000),
        }),
      )
      .max(2000),
  }),
  cost: z.strictObject({
    items: z.array(costItemSchema).max(500),
    before: amount,
    after: amount,
    /** US dollars a month. */
    budget: amount,
  }),
  messages: z
    .array(
      z.strictObject({
        severity: z.enum(["error", "warning"]),
        resource: text(500),
        text: text(20_000),
      }),
    )
    .max(mostMessages),
});

/** The result of a preview. */
export type Plan = z.infer<typeof planSchema>;
export type Change = Plan["changes"][number];
export type Effect = Plan["effects"][number];
export type CostItem = Plan["cost"]["items"][number];
export type Kind = (typeof kinds)[number];

/** Characters; a real plan of 500 changes has a fifth of them. */
const largest = 2_000_000;

/**
 * Reads an untrusted plan.
 * @throws when it is invalid, without repeating its content
 */
export function readPlan(json: string): Plan {
  if (json.length > largest) throw new Error(`the plan has ${json.length} characters, ${largest} at most`);
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    throw new Error("the plan is not JSON");
  }
  const result = planSchema.safeParse(given);
  if (result.success) return result.data;
  const places = result.error.issues.slice(0, 5).map(({ path, code }) => `${path.join(".")} (${code})`);
  throw new Error(`the plan does not match its schema: ${places.join(", ")}`);
}
