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

/** Stores the provider's configuration. The plugin connects at the first statement: previews need no connection. */
export function configure(config: Properties): void {
  const unsupported = Object.keys(config).filter((key) => !supported.has(key) && config[key] !== null);
  if (unsupported.length > 0) {
    throw new Error(
      `the lab's snowflake plugin does not support these settings of the provider: ${unsupported.join(", ")}`,
    );
  }
  const authenticator = config.authenticator === undefined ? undefined : reveal(config.authenticator);
  if (authenticator !== undefined && authenticator !== "SNOWFLAKE_JWT") {
    throw new Error(
      `the lab's snowflake plugin supports the authenticator SNOWFLAKE_JWT only, not ${String(authenticator)}`,
    );
  }
  configured = config;
}

/** @throws if the configuration does not name the lab's Snowflake: this plugin never connects to a real account */
export function client(): WarehouseClient {
  if (hasUnknown(configured)) throw new Error("the configuration of the snowflake provider is not known yet");
  const fields = new Fields(configured);
  const host = fields.string("host");
  // The engine passes numbers as strings.
  const port = fields.number("port") ?? fields.string("port");
  if (!host || port === undefined || fields.string("protocol") !== "http") {
    throw new Error(
      "the lab's snowflake plugin connects to the lab's Snowflake only: set the provider's host, port and protocol http",
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
