/**
 * What the control plane's emulator hands to the data plane's. Everything is decrypted and was validated by the control
 * plane: fields are those of the connectors (config) and of Estuary's catalog (the rest), defaults not filled in.
 */

/** A document type of the catalog. */
export interface LiveCollection {
  /** JSON pointers; they never change while the collection lives. */
  key: string[];
  /** JSON schema; `writeSchema` where the spec has two. */
  schema: Record<string, unknown>;
  /** It is read by `schema` alone. Otherwise what Estuary infers from its documents is added. */
  declaredOnly?: true;
  /** The field that says when a document was published. Default: `flow_published_at`. */
  publishedAt?: string;
}

interface SshForwarding {
  /** `ssh://<user>@<host>:<port>` */
  sshEndpoint: string;
  /** OpenSSH or PKCS8 PEM. */
  privateKey: string;
}
export interface NetworkTunnel {
  sshForwarding?: SshForwarding;
}

export interface HubSpotConfig {
  credentials:
    | {
        credentials_title: "OAuth Credentials";
        client_id: string;
        client_secret: string;
        refresh_token: string;
      }
    | { credentials_title: "Private App Credentials"; access_token: string };
  capturePropertyHistory?: boolean;
  useLegacyNamingForCustomObjects?: boolean;
}
interface HubSpotResource {
  /** `contacts`, `deals`, … */
  name: string;
  /** ISO 8601 duration between two polls. */
  interval?: string;
  schedule?: string;
}

export interface SlackConfig {
  start_date: string;
  lookback_window: number;
  join_channels?: boolean;
  channel_filter?: string[];
  credentials:
    | { option_title: "API Token Credentials"; api_token: string }
    | {
        option_title: "Default OAuth2.0 authorization";
        client_id: string;
        client_secret: string;
        access_token: string;
      };
}
interface SlackResource {
  /** `channels`, `channel_messages`, … */
  stream: string;
  syncMode: "incremental" | "full_refresh";
}

export interface PostgresLogin {
  /** `<host>:<port>`, as seen from the tunnel's end. */
  address: string;
  user: string;
  database: string;
  credentials: { auth_type: "UserPassword"; password: string };
  networkTunnel?: NetworkTunnel;
}
export interface PostgresCaptureConfig extends PostgresLogin {
  historyMode: boolean;
  advanced?: {
    publicationName?: string;
    slotName?: string;
    watermarksTable?: string;
    sslmode?: string;
    discover_schemas?: string[];
    [more: string]: unknown;
  };
}
interface PostgresCaptureResource {
  namespace: string;
  stream: string;
  mode?: "" | "Normal" | "Precise" | "Only Changes" | "Without Primary Key";
}

export interface PostgresMaterializationConfig extends PostgresLogin {
  /** Default `public`. */
  schema?: string;
  /** Deletions of the source delete the row; otherwise they mark it in `_meta/op`. Default false. */
  hardDelete?: boolean;
  advanced?: { sslmode?: string; no_flow_document?: boolean; [more: string]: unknown };
}
interface PostgresMaterializationResource {
  table: string;
  /** Default: the endpoint's. */
  schema?: string;
  delta_updates?: boolean;
  additional_table_create_sql?: string;
}

export interface SnowflakeConfig {
  /** `<account>.snowflakecomputing.com`, which the lab's plane maps to the lab's Snowflake. */
  host: string;
  database: string;
  schema: string;
  warehouse?: string;
  role?: string;
  timestamp_type: string;
  hardDelete?: boolean;
  credentials: { auth_type: "jwt"; user: string; private_key: string };
  syncSchedule?: { syncFrequency?: string; timezone?: string; [more: string]: unknown };
  advanced?: { no_flow_document?: boolean; [more: string]: unknown };
}
interface SnowflakeResource {
  table: string;
  schema?: string;
  delta_updates?: boolean;
  clustering?: string;
}

/** What all tasks have. */
interface LiveTask {
  /** With its tag, e.g. `ghcr.io/estuary/source-slack:v2`. */
  image: string;
  /** `shards.disable`: published, but not run. */
  disabled: boolean;
  /** Id of the publication that last changed it. */
  publicationId: string;
}

interface CaptureBinding<Resource> {
  resource: Resource;
  /** Name of the collection. */
  target: string;
  /** Counter: one more re-reads the source. */
  backfill: number;
  disabled: boolean;
}
interface LiveCaptureOf<Connector extends string, Config, Resource> extends LiveTask {
  connector: Connector;
  config: Config;
  /** Seconds between two runs of connectors that exit (Slack's). */
  intervalSeconds: number;
  bindings: CaptureBinding<Resource>[];
}
export type LiveCapture =
  | LiveCaptureOf<"source-hubspot-native", HubSpotConfig, HubSpotResource>
  | LiveCaptureOf<"source-slack", SlackConfig, SlackResource>
  | LiveCaptureOf<"source-postgres", PostgresCaptureConfig, PostgresCaptureResource>;

/** Which of a collection's fields become columns. */
export interface FieldSelection {
  /** Depth to which fields are taken without being named; 0 takes keys only. */
  recommended: number;
  /** Fields by their path from the root, e.g. `properties/email`; `include` of older specs is here too. */
  require: string[];
  exclude: string[];
}
interface MaterializationBinding<Resource> {
  /** Name of the collection. */
  source: string;
  resource: Resource;
  fields: FieldSelection;
  priority: number;
  /** Counter: one more rebuilds the table. */
  backfill: number;
  disabled: boolean;
}
interface LiveMaterializationOf<Connector extends string, Config, Resource> extends LiveTask {
  connector: Connector;
  config: Config;
  onIncompatibleSchemaChange: "abort" | "backfill" | "disableBinding" | "disableTask";
  bindings: MaterializationBinding<Resource>[];
}
export type LiveMaterialization =
  | LiveMaterializationOf<
      "materialize-postgres",
      PostgresMaterializationConfig,
      PostgresMaterializationResource
    >
  | LiveMaterializationOf<"materialize-snowflake", SnowflakeConfig, SnowflakeResource>;

/** Everything that is live, by catalog name, e.g. `sophia/local/source-slack`. */
export interface LiveSpecs {
  captures: Record<string, LiveCapture>;
  collections: Record<string, LiveCollection>;
  materializations: Record<string, LiveMaterialization>;
}

/** What a task did with one collection since it was first run. Times are milliseconds since 1970. */
export interface CollectionProgress {
  /** Documents read by a capture, or written by a materialization. */
  docs: number;
  bytes: number;
  /** When the newest of those documents was published into the collection. */
  lastPublishedAt?: number;
  /** Materializations: what the collection holds and the destination lacks. */
  bytesBehind: number;
}

export interface TaskStatus {
  /** `pending`: starting. `backfilling`: first read of a source. `failed`: tried again by itself, `message` says why. */
  state: "pending" | "backfilling" | "running" | "failed" | "disabled";
  /** The last error, redacted. */
  message?: string;
  /** The last time that it died; kept when it runs again, as at Estuary. Milliseconds since 1970. */
  lastFailure?: { message: string; at: number };
  /** Since when it is in this state, milliseconds since 1970. */
  since: number;
  collections: Record<string, CollectionProgress>;
  /** Error lines since the task was first run. */
  errors: number;
  /** Times that the task died since it was first run. */
  failures: number;
}

/** What connectors say of a draft before it is published, as Estuary's `Validate` does. */
export interface SpecFault {
  /** Catalog name of the task. */
  name: string;
  /** Index of the binding, where it is one binding's fault. */
  binding?: number;
  detail: string;
}

/** Runs what is published. */
export interface Plane {
  /** Makes what runs equal to `specs`, which is all that is live. Returns at once; `status` tells how it goes. */
  apply(specs: LiveSpecs): void;
  /** Of a task that was applied. A name that is not known is `pending`. */
  status(name: string): TaskStatus;
  /**
   * Stops a task and forgets its positions; resolves when nothing of it runs any more. As at Estuary, what it left at
   * the endpoints stays: tables, and the replication slot.
   */
  delete(name: string): Promise<void>;
  /** Asks endpoints of these tasks of `specs` and says what would fail. Not there: everything is fine. */
  validate?(specs: LiveSpecs, tasks: readonly string[]): Promise<SpecFault[]>;
}
