import { z } from "zod";
import { withDigests } from "../images/digests.ts";
import { type Secrets, type Settings, secretsSchema, settingsSchema } from "./schema.ts";
import { isAddressed, warehouseSecrets } from "./sections/snowflake.ts";
import { tlsFaults } from "./tls.ts";

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

/** A stack's raw configuration: JSON or plain text by key, without the project's name. */
export interface RawConfig {
  values: Record<string, string>;
  /** Keys whose value Pulumi holds encrypted. */
  secretKeys: ReadonlySet<string>;
}

const settingKeys = Object.keys(settingsSchema.shape);
const secretKeys = Object.keys(secretsSchema.shape);

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

const written = (path: PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part),
    "",
  );

const at = (root: unknown, path: PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    root,
  );

function describe(issue: z.core.$ZodIssue, root: unknown): Fault[] {
  const path = written(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(issue.path);
    return issue.keys.map((key) => ({
      path: written([...issue.path, key]),
      message: `unknown setting${suggestion(key, known)}`,
    }));
  }
  const got = at(root, issue.path);
  if (got === undefined && issue.code === "invalid_type") {
    return [{ path, message: `missing; expected ${issue.expected}` }];
  }
  // The message of a refinement already says what was given.
  if (issue.code === "custom") return [{ path, message: issue.message }];
  const message = issue.message.replace(/^Invalid input: /, "");
  return [{ path, message: `${message}; got ${JSON.stringify(got)?.slice(0, 120)}` }];
}

/** Keys that the schema knows at a path, for suggestions. */
function knownKeys(path: PropertyKey[]): string[] {
  let schema: unknown = settingsSchema;
  for (const part of path) {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodObject) schema = inner.shape[String(part)];
    else if (inner instanceof z.ZodArray) schema = inner.element;
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

/** A configuration that can be used. `unread` are the keys of secrets that this program does not read. */
interface Parsed {
  ok: true;
  settings: Settings;
  secrets: Secrets;
  unread: string[];
}

/**
 * Decides whether a configuration can be used; all faults at once. A secret that nothing reads is none: an earlier commit,
 * to which a stack is rolled back, opens today's ESC environment. `make esc` refuses it in the environments in git. Pure,
 * except that an update's certificate is judged by the time of day.
 * @param isUpdate whether what only an update needs has to be there, too
 */
export function parseConfig(raw: RawConfig, isUpdate = false): Parsed | { ok: false; faults: Fault[] } {
  const faults: Fault[] = [];
  const unread: string[] = [];
  const settings: Record<string, unknown> = {};
  const secrets: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(raw.values)) {
    if (secretKeys.includes(key)) {
      // What ESC gives for an optional secret without a value.
      if (text === "") continue;
      secrets[key] = text;
      if (!raw.secretKeys.has(key)) {
        faults.push({
          path: key,
          message:
            "is in the clear: treat it as compromised, rotate it, and set it by ESC (or `pulumi config set --secret`)",
        });
      }
    } else if (settingKeys.includes(key)) settings[key] = fromJson(text);
    else if (raw.secretKeys.has(key) || text === "") unread.push(key);
    else {
      faults.push({
        path: key,
        message: `unknown setting${suggestion(key, [...settingKeys, ...secretKeys])}`,
      });
    }
  }
  const parsed = settingsSchema.safeParse(settings);
  const opened = secretsSchema.safeParse(secrets);
  for (const issue of parsed.error?.issues ?? []) faults.push(...describe(issue, settings));
  for (const issue of opened.error?.issues ?? []) {
    const missing = at(secrets, issue.path) === undefined;
    faults.push({
      path: written(issue.path),
      message: missing ? "missing; this secret comes from the stack's ESC environment" : issue.message,
    });
  }
  if (parsed.data?.images.build && opened.success && opened.data.registryPassword === undefined) {
    faults.push({ path: "registryPassword", message: "missing; images.build pushes to a registry with it" });
  }
  if (parsed.data && !parsed.data.images.build && opened.data?.registryPullPassword !== undefined) {
    faults.push({
      path: "registryPullPassword",
      message: "no registry to log in to: set images.build, or remove this secret",
    });
  }
  if (parsed.data && opened.data) {
    const given = opened.data as Secrets;
    faults.push(...lostWarehouse(parsed.data, given));
    if (isUpdate) faults.push(...neededByUpdates(parsed.data, given));
    if (faults.length === 0) return { ok: true, settings: withDigests(parsed.data), secrets: given, unread };
  }
  return { ok: false, faults: faults.sort((a, b) => a.path.localeCompare(b.path)) };
}

/** What would leave out, and so drop, a warehouse that is to be kept. Pure. */
function lostWarehouse({ pipeline }: Settings, given: Secrets): Fault[] {
  if (!pipeline.snowflake.keep) return [];
  const way =
    "would drop the warehouse; set pipeline.snowflake.keep to false if there is none, or none is wanted";
  const missing = warehouseSecrets.filter((name) => given[name] === undefined);
  return [
    ...(pipeline.enabled ? [] : [{ path: "pipeline.enabled", message: `false ${way}` }]),
    ...missing.map((name) => ({ path: name, message: `missing, which ${way}` })),
  ];
}

/** What a preview can do without, and an update would fail for after it had created other resources. */
export function neededByUpdates({ pipeline, nginx }: Settings, given: Secrets): Fault[] {
  const { tlsCertificate: certificate, tlsKey: key } = given;
  const faults: Fault[] = tlsFaults({ certificate, key, hostnames: nginx.hostnames }, Date.now());
  const hasWarehouse = pipeline.enabled && warehouseSecrets.every((name) => given[name] !== undefined);
  if (!hasWarehouse || isAddressed(pipeline.snowflake)) return faults;
  return [
    ...faults,
    {
      path: "pipeline.snowflake.organization",
      message:
        "missing; Snowflake's provider addresses an account by organization and name: run SELECT CURRENT_ORGANIZATION_NAME() " +
        "in the account, and set its result",
    },
  ];
}

/** Structured values arrive as JSON, plain ones as they were written. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
