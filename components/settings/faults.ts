import { z } from "zod";

/** One thing that is wrong with the configuration. Never holds a secret's value. */
export interface Fault {
  /** Where, e.g. `redis.memory` or `hosts[1].roles`. */
  path: string;
  message: string;
}

/** The configuration cannot be used. The message lists every fault, so that one edit can fix them all. */
export class SettingsError extends Error {
  readonly faults: Fault[];
  constructor(stack: string, faults: Fault[]) {
    const lines = faults.map((fault) => `  ${fault.path}: ${fault.message}`);
    const many = faults.length === 1 ? "1 setting" : `${faults.length} settings`;
    super(`${many} of stack ${stack} cannot be used (nothing was created):\n${lines.join("\n")}`);
    this.name = "SettingsError";
    this.faults = faults;
  }
}

/** Distance between two words by single edits, for "did you mean". */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The known word nearest to a misspelt one, if any is near. */
export function suggestion(word: string, known: string[]): string {
  const near = known
    .map((candidate) => ({ candidate, off: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.off - b.off)[0];
  return near && near.off <= Math.max(1, word.length / 3) ? `; did you mean ${near.candidate}?` : "";
}

/** A path as people write it: `hosts[1].roles`. Pure. */
export const written = (path: PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part),
    "",
  );

/** What stands at a path; undefined where nothing does. Pure. */
export const at = (root: unknown, path: PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    root,
  );

/** What a value of a type is called. */
const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
};

/** What a text of a format is called. */
const formats: Readonly<Record<string, string>> = {
  url: "a URL like https://example.com",
  datetime: "a time like 2025-01-01T00:00:00Z",
  duration: "an ISO 8601 duration like PT2M",
};

/** A limit in words. */
function limitOf({ code, origin, ...limit }: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const small = code === "too_small";
  const bound = "minimum" in limit ? limit.minimum : limit.maximum;
  if (origin === "string" && small && bound === 1) return "text that is not empty";
  const unit =
    origin === "array" ? (bound === 1 ? " entry" : " entries") : origin === "string" ? " characters" : "";
  const words = limit.inclusive === false ? ["more than", "less than"] : ["at least", "at most"];
  return `${small ? words[0] : words[1]} ${bound}${unit}`;
}

/** What is expected in place of a value that zod refuses: the schema's own words, where it has some. Pure. */
function expectation(issue: z.core.$ZodIssue): string {
  if (!/^(?:Invalid|Too) /.test(issue.message)) return issue.message;
  if (issue.code === "invalid_type") return kinds[issue.expected] ?? issue.expected;
  if (issue.code === "invalid_value") return `one of ${issue.values.join(", ")}`;
  if (issue.code === "invalid_format") return formats[issue.format] ?? issue.message;
  if (issue.code === "too_small" || issue.code === "too_big") return limitOf(issue);
  return issue.message;
}

const inSentence = (expected: string) => (expected.startsWith("must ") ? expected : `expected ${expected}`);

/** What YAML does not read as text where it has no quotes. */
const isPlain = (value: unknown) => ["number", "boolean"].includes(typeof value);

/**
 * The faults that an issue of zod stands for.
 * @param schema that was asked, whose keys are suggested
 * @param root what it was asked about
 */
export function describe(issue: z.core.$ZodIssue, schema: z.ZodType, root: unknown): Fault[] {
  const path = written(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => ({
      path: written([...issue.path, key]),
      message: `unknown setting${suggestion(key, known)}`,
    }));
  }
  // The message of a refinement already says what was given.
  if (issue.code === "custom") return [{ path, message: issue.message }];
  // What is wrong with a key of a map.
  if (issue.code === "invalid_key")
    return issue.issues.map((inner) => ({
      path,
      message: inner.code === "custom" ? inner.message : `its name is wrong; expected ${expectation(inner)}`,
    }));
  const got = at(root, issue.path);
  if (got === undefined && ["invalid_type", "invalid_value"].includes(issue.code))
    return [{ path, message: `missing; expected ${expectation(issue)}` }];
  const message = `${inSentence(expectation(issue))}; got ${JSON.stringify(got)?.slice(0, 120)}`;
  const unquoted = message.startsWith(`expected ${kinds.string};`) && isPlain(got);
  return [{ path, message: unquoted ? `${message}: write it in quotes, "${got}"` : message }];
}

/** Keys that the schema knows at a path, for suggestions. */
function knownKeys(root: z.ZodType, path: PropertyKey[]): string[] {
  let schema: unknown = root;
  for (const part of path) {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodObject) schema = inner.shape[String(part)];
    else if (inner instanceof z.ZodArray) schema = inner.element;
    else if (inner instanceof z.ZodRecord) schema = inner.valueType;
    else return [];
  }
  const last = unwrap(schema);
  return last instanceof z.ZodObject ? Object.keys(last.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap();
  }
  return inner;
}
