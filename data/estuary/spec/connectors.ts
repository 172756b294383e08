import { z } from "zod";

/**
 * Endpoint and resource configuration of the connectors, with the fields of their published specs. Tags are Estuary's
 * major versions: what is behind one is kept compatible and moves under us.
 */
export const connectorImages = {
  hubspot: "ghcr.io/estuary/source-hubspot-native:v1",
  slack: "ghcr.io/estuary/source-slack:v2",
  postgresCapture: "ghcr.io/estuary/source-postgres:v3",
  postgresMaterialization: "ghcr.io/estuary/materialize-postgres:v5",
  snowflake: "ghcr.io/estuary/materialize-snowflake:v4",
} as const;

const text = z.string().min(1);

const networkTunnel = z.strictObject({
  sshForwarding: z.strictObject({
    sshEndpoint: z.string().regex(/^ssh:\/\/[^@/\s]+@[^@/\s]+:[0-9]+$/, "ssh://<user>@<host>:<port>"),
    privateKey: text,
  }),
});
const passwordLogin = z.strictObject({ auth_type: z.literal("UserPassword"), password: text });
const postgres = {
  address: z.string().regex(/^[^:\s]+:[0-9]+$/, "<host>:<port>"),
  user: text,
  database: text,
  credentials: passwordLogin,
  networkTunnel: networkTunnel.optional(),
};
const sslmode = z.enum(["disable", "require", "verify-ca", "verify-full"]);

export const hubspotConfig = z.strictObject({
  credentials: z.strictObject({
    credentials_title: z.literal("OAuth Credentials"),
    client_id: text,
    client_secret: text,
    refresh_token: text,
  }),
  capturePropertyHistory: z.boolean(),
});
export const hubspotResource = z.strictObject({
  name: z.enum(["contacts", "deals"]),
  interval: z.iso.duration(),
  schedule: text,
});

export const slackConfig = z.strictObject({
  start_date: z.iso.datetime(),
  lookback_window: z.number().int().nonnegative(),
  join_channels: z.boolean(),
  channel_filter: z.array(text),
  credentials: z.strictObject({ option_title: z.literal("API Token Credentials"), api_token: text }),
});
export const slackResource = z.strictObject({
  stream: z.enum(["channels", "channel_messages"]),
  syncMode: z.enum(["incremental", "full_refresh"]),
});

export const postgresCaptureConfig = z.strictObject({
  ...postgres,
  historyMode: z.boolean(),
  advanced: z.strictObject({
    publicationName: text,
    slotName: text,
    watermarksTable: z.string().regex(/^[^.\s]+\.[^.\s]+$/, "<schema>.<table>"),
    discover_schemas: z.array(text),
    sslmode,
  }),
});
export const postgresCaptureResource = z.strictObject({
  namespace: text,
  stream: text,
  mode: z.enum(["", "Normal", "Precise", "Only Changes", "Without Primary Key"]),
});

export const postgresMaterializationConfig = z.strictObject({
  ...postgres,
  schema: text,
  hardDelete: z.boolean(),
  advanced: z.strictObject({ sslmode, no_flow_document: z.boolean() }),
});
export const postgresMaterializationResource = z.strictObject({
  table: text,
  schema: text,
  delta_updates: z.boolean(),
});

export const snowflakeConfig = z.strictObject({
  host: z.string().regex(/^[^/:]+\.snowflakecomputing\.com$/, "<account>.snowflakecomputing.com"),
  database: text,
  schema: text,
  warehouse: text,
  role: text,
  timestamp_type: z.enum([
    "TIMESTAMP_LTZ",
    "TIMESTAMP_NTZ (discard TZ)",
    "TIMESTAMP_NTZ (normalize to UTC)",
    "TIMESTAMP_TZ",
  ]),
  hardDelete: z.boolean(),
  credentials: z.strictObject({
    auth_type: z.literal("jwt"),
    user: text,
    private_key: z
      .string()
      .regex(/^-----BEGIN PRIVATE KEY-----/, "an unencrypted PKCS8 key, BEGIN PRIVATE KEY"),
  }),
  syncSchedule: z.strictObject({
    syncFrequency: z.enum(["0s", "30s", "5m", "15m", "30m", "1h", "2h", "4h"]),
  }),
  advanced: z.strictObject({ no_flow_document: z.boolean() }),
});
export const snowflakeResource = postgresMaterializationResource;
