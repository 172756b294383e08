import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

type Json = Record<string, unknown>;

export interface Connector {
  kind: "capture" | "materialization";
  name:
    | "source-hubspot-native"
    | "source-slack"
    | "source-postgres"
    | "materialize-postgres"
    | "materialize-snowflake";
  tags: readonly string[];
  endpointSpecSchema: Json;
  resourceSpecSchema: Json;
  /** Fields of the resource that identify it at the endpoint. */
  resourcePath: readonly string[];
}

const string = { type: "string" };
const boolean = { type: "boolean" };
const secret = { type: "string", secret: true };
/** Fields that are not named are refused, as the connectors do where it matters: a wrong name never passes. */
const object = (properties: Json, required: string[] = Object.keys(properties)): Json => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const constant = (value: string): Json => ({ type: "string", const: value });

const tunnel = object(
  {
    sshForwarding: object({
      sshEndpoint: { type: "string", pattern: "^ssh://.+@.+$" },
      privateKey: { ...secret, multiline: true },
    }),
  },
  [],
);
const userPassword = {
  oneOf: [object({ auth_type: constant("UserPassword"), password: secret })],
};
const postgres = {
  address: string,
  user: string,
  database: string,
  credentials: userPassword,
  networkTunnel: tunnel,
};
const sslmode = { enum: ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] };
const postgresRequired = ["address", "user", "database", "credentials"];

const table = object({ table: string, schema: string, delta_updates: boolean }, ["table"]);

/** What this Estuary knows. Other images are unknown to it, as a mistyped one is to the real one. */
export const connectors: readonly Connector[] = [
  {
    kind: "capture",
    name: "source-hubspot-native",
    tags: ["v1"],
    resourcePath: ["name"],
    endpointSpecSchema: object(
      {
        credentials: {
          oneOf: [
            object({
              credentials_title: constant("OAuth Credentials"),
              client_id: secret,
              client_secret: secret,
              refresh_token: secret,
            }),
            // Accepted by the connector and not in its published schema: its token is not encrypted.
            object({ credentials_title: constant("Private App Credentials"), access_token: string }),
          ],
        },
        capturePropertyHistory: boolean,
        useLegacyNamingForCustomObjects: boolean,
      },
      ["credentials"],
    ),
    resourceSpecSchema: object({ name: string, interval: string, schedule: string }, ["name"]),
  },
  {
    kind: "capture",
    name: "source-slack",
    tags: ["v2"],
    resourcePath: ["stream"],
    endpointSpecSchema: object(
      {
        start_date: { type: "string", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$" },
        lookback_window: { type: "integer", minimum: 0, maximum: 365 },
        join_channels: boolean,
        channel_filter: { type: "array", items: string },
        credentials: {
          oneOf: [
            object({
              option_title: constant("Default OAuth2.0 authorization"),
              client_id: string,
              client_secret: secret,
              access_token: secret,
            }),
            object({ option_title: constant("API Token Credentials"), api_token: secret }),
          ],
        },
      },
      ["start_date", "lookback_window", "credentials"],
    ),
    resourceSpecSchema: object({ stream: string, syncMode: { enum: ["incremental", "full_refresh"] } }),
  },
  {
    kind: "capture",
    name: "source-postgres",
    tags: ["v3"],
    resourcePath: ["namespace", "stream"],
    endpointSpecSchema: object(
      {
        ...postgres,
        historyMode: boolean,
        discoveryFilters: { type: "object" },
        advanced: object(
          {
            publicationName: string,
            slotName: string,
            watermarksTable: { type: "string", pattern: "^.+[.].+$" },
            skip_backfills: string,
            backfill_chunk_size: { type: "integer" },
            sslmode,
            discover_schemas: { type: "array", items: string },
            min_backfill_xid: string,
            read_only_capture: boolean,
            source_tag: string,
            statement_timeout: string,
            feature_flags: string,
          },
          [],
        ),
      },
      [...postgresRequired, "historyMode"],
    ),
    resourceSpecSchema: object(
      {
        namespace: string,
        stream: string,
        mode: { enum: ["", "Normal", "Precise", "Only Changes", "Without Primary Key"] },
        priority: { type: "integer" },
      },
      ["namespace", "stream"],
    ),
  },
  {
    kind: "materialization",
    name: "materialize-postgres",
    tags: ["v5"],
    resourcePath: ["schema", "table"],
    endpointSpecSchema: object(
      {
        ...postgres,
        schema: string,
        hardDelete: boolean,
        advanced: object({ sslmode, no_flow_document: boolean, feature_flags: string }, []),
      },
      postgresRequired,
    ),
    resourceSpecSchema: {
      ...table,
      properties: { ...(table.properties as Json), additional_table_create_sql: string },
    },
  },
  {
    kind: "materialization",
    name: "materialize-snowflake",
    tags: ["v4"],
    resourcePath: ["schema", "table"],
    endpointSpecSchema: object(
      {
        host: { type: "string", pattern: "^[^/:]+.snowflakecomputing.com$" },
        database: string,
        schema: string,
        warehouse: string,
        role: string,
        timestamp_type: {
          enum: [
            "TIMESTAMP_LTZ",
            "TIMESTAMP_NTZ (discard TZ)",
            "TIMESTAMP_NTZ (normalize to UTC)",
            "TIMESTAMP_TZ",
          ],
        },
        hardDelete: boolean,
        credentials: {
          oneOf: [
            object({ auth_type: constant("jwt"), user: string, private_key: { ...secret, multiline: true } }),
          ],
        },
        syncSchedule: object(
          {
            syncFrequency: { enum: ["", "0s", "30s", "5m", "15m", "30m", "1h", "2h", "4h"] },
            timezone: string,
          },
          [],
        ),
        advanced: object(
          { disableFieldTruncation: boolean, no_flow_document: boolean, feature_flags: string },
          [],
        ),
      },
      ["host", "database", "schema", "timestamp_type", "credentials"],
    ),
    resourceSpecSchema: { ...table, properties: { ...(table.properties as Json), clustering: string } },
  },
];

const registry = "ghcr.io/estuary/";

/** The connector behind an image with its tag. */
export function connectorOf(image: string): Connector | undefined {
  const [name, tag = ""] = image.split(":");
  return connectors.find((one) => `${registry}${one.name}` === name && one.tags.includes(tag));
}

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
const compiled = new Map<Json, ValidateFunction>();

/** What a value lacks of a schema, one line each; never with the value itself, which may be secret. */
export function violations(schema: Json, value: unknown): string[] {
  let check = compiled.get(schema);
  if (!check) {
    check = ajv.compile(schema);
    compiled.set(schema, check);
  }
  if (check(value)) return [];
  return (check.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = "additionalProperty" in params ? `: ${String(params.additionalProperty)}` : "";
    return `${instancePath || "/"} ${message ?? "is wrong"}${extra}`;
  });
}
