import { withDigests } from "../images/digests.ts";
import { backupSecretNames } from "./environment/backup.ts";
import { at, describe, type Fault, suggestion, written } from "./faults.ts";
import { type Secrets, type Settings, secretsSchema, settingsSchema } from "./schema.ts";
import { isAddressed, warehouseSecrets } from "./sections/snowflake.ts";
import { tlsFaults } from "./tls.ts";

/** A stack's raw configuration: JSON or plain text by key, without the project's name. */
export interface RawConfig {
  values: Record<string, string>;
  /** Keys whose value Pulumi holds encrypted. */
  secretKeys: ReadonlySet<string>;
}

const settingKeys = Object.keys(settingsSchema.shape);
const secretKeys = Object.keys(secretsSchema.shape);

/** A configuration that can be used. `unread` are the keys of secrets that this program does not read. */
interface Parsed {
  ok: true;
  settings: Settings;
  secrets: Secrets;
  unread: string[];
}

/** Faults of a well-formed section `mcp` that only the catalog of the servers reveals. */
export type CatalogFaults = (mcp: Settings["mcp"]) => Fault[];

interface ParseOptions {
  /** Whether what only an update needs has to be there, too. */
  isUpdate?: boolean;
  catalogFaults?: CatalogFaults;
}

/**
 * Decides whether a configuration can be used; all faults at once. A secret that nothing reads is none: an earlier commit,
 * to which a stack is rolled back, opens today's ESC environment. `make esc` refuses it in the environments in git. Pure,
 * except that an update's certificate is judged by the time of day.
 */
export function parseConfig(
  raw: RawConfig,
  { isUpdate = false, catalogFaults = () => [] }: ParseOptions = {},
): Parsed | { ok: false; faults: Fault[] } {
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
  const mcp = settingsSchema.shape.mcp.safeParse(settings.mcp);
  if (mcp.data) faults.push(...catalogFaults(mcp.data));
  for (const issue of parsed.error?.issues ?? []) faults.push(...describe(issue, settingsSchema, settings));
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
    faults.push(...lostWarehouse(parsed.data, given), ...unopenedBackups(parsed.data, given));
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

/** Secrets that backups lack. Pure. */
const unopenedBackups = ({ backup }: Settings, given: Secrets): Fault[] =>
  backup === undefined
    ? []
    : backupSecretNames
        .filter((name) => given[name] === undefined)
        .map((name) => ({
          path: name,
          message:
            "missing; the section backup stores with it: put it into the stack's ESC environment, or remove the section",
        }));

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
