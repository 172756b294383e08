import { WarehouseClient } from "../../../../data/quality/warehouse/client.ts";
import { Fields } from "../kit/schema.ts";
import { hasUnknown, type Properties, reveal } from "../kit/values.ts";

const supported = new Set([
  "accountName",
  "authenticator",
  "host",
  "organizationName",
  "port",
  "privateKey",
  "protocol",
  "role",
  "user",
  "warehouse",
  // Set by the engine from the SDK's package, not by the program.
  "version",
  "pluginDownloadURL",
  "__internal",
]);

let configured: Properties = {};

/** Takes the provider's configuration. Nothing is connected to before the first statement: previews need none. */
export function configure(config: Properties): void {
  const strange = Object.keys(config).filter((key) => !supported.has(key) && config[key] !== null);
  if (strange.length > 0) {
    throw new Error(`the lab's snowflake plugin does not support the provider's ${strange.join(", ")}`);
  }
  const authenticator = config.authenticator === undefined ? undefined : reveal(config.authenticator);
  if (authenticator !== undefined && authenticator !== "SNOWFLAKE_JWT") {
    throw new Error(
      `the lab's snowflake plugin logs in by SNOWFLAKE_JWT only, not by ${String(authenticator)}`,
    );
  }
  configured = config;
}

/** @throws when the configuration does not name the lab's Snowflake: this plugin never speaks to a real account */
export function client(): WarehouseClient {
  if (hasUnknown(configured)) throw new Error("the snowflake provider's configuration is not known yet");
  const fields = new Fields(configured);
  const host = fields.string("host");
  // The engine hands numbers over as texts.
  const port = fields.number("port") ?? fields.string("port");
  if (!host || port === undefined || fields.string("protocol") !== "http") {
    throw new Error(
      "the lab's snowflake plugin speaks to the lab's Snowflake only: the provider's host, port and protocol http must name it",
    );
  }
  const organization = fields.string("organizationName");
  const account = fields.string("accountName") ?? "";
  return new WarehouseClient({
    account: organization ? `${organization}-${account}` : account,
    user: fields.string("user") ?? "",
    privateKey: fields.string("privateKey") ?? "",
    role: fields.string("role"),
    warehouse: fields.string("warehouse"),
    url: `http://${host}:${port}`,
  });
}

/** Runs statements one after the other. */
export async function run(statements: string[], signal: AbortSignal): Promise<void> {
  for (const statement of statements) await client().query(statement, [], signal);
}
