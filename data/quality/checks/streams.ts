/** A condition that each row of a stream should meet; its score is the percent that do. */
export type RowCheck =
  /** The column has a value, and no empty one. */
  | { kind: "completeness"; column: string; atLeast?: number }
  /** Where the column has a value, its text matches (POSIX, ignoring case). */
  | { kind: "validity"; column: string; matches: string; atLeast?: number }
  /** Where the column has a value, it is a number in that range; a time counts by its seconds since 1970. */
  | { kind: "range"; column: string; from?: number; to?: number; atLeast?: number }
  /** Where the column has a value, another stream has a row with it. */
  | { kind: "reference"; column: string; stream: string; key: string; atLeast?: number };

export interface StreamChecks {
  stream: string;
  source: "hubspot" | "slack" | "gong";
  /** Columns that name a row. */
  key: readonly string[];
  /**
   * Stream whose entry in `pipeline_state` says up to when the extractor has read. Default: Estuary loads the stream, and
   * only its rows are visible.
   */
  progressOf?: string;
  /** Not every account has rows. Default: a stream without rows is a fault. */
  mayBeEmpty?: true;
  /** Hours without any change after which the source counts as silent; left out where that is usual. */
  silentAfterHours?: number;
  /**
   * Watch which fields its records have. Default: its extractor does so.
   * `in`: the JSON column that they are in; default: each column is one.
   * `madeAt`: a record keeps what the source no longer sends, so that only records made since show that a field is gone; the
   * column says when one was made. Default: each row that is loaded is as the source has it.
   */
  fields?: { in?: string; madeAt?: string };
  checks: readonly RowCheck[];
}

/** The connector sends each record again daily (`pipeline.estuary.hubspot.schedule`): without that it brings nothing. */
const afterRefresh = 26;

const hubspotFields = { in: "properties", madeAt: "createdAt" } as const;

const email = "^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$";

/** What is expected of each stream, as data. `atLeast` (percent) is the stack's threshold where it is left out. */
export const streamChecks: readonly StreamChecks[] = [
  {
    stream: "hubspot_contacts",
    source: "hubspot",
    key: ["id"],
    silentAfterHours: afterRefresh,
    fields: hubspotFields,
    checks: [
      { kind: "completeness", column: "properties/email" },
      { kind: "validity", column: "properties/email", matches: email },
      { kind: "completeness", column: "properties/createdate" },
      { kind: "completeness", column: "properties/lastname", atLeast: 80 },
    ],
  },
  {
    stream: "hubspot_deals",
    source: "hubspot",
    key: ["id"],
    silentAfterHours: afterRefresh,
    fields: hubspotFields,
    checks: [
      { kind: "completeness", column: "properties/dealname" },
      { kind: "completeness", column: "properties/dealstage" },
      { kind: "completeness", column: "properties/amount", atLeast: 60 },
      { kind: "range", column: "properties/amount", from: 0 },
    ],
  },
  {
    stream: "slack_channels",
    source: "slack",
    key: ["id"],
    fields: {},
    checks: [
      { kind: "completeness", column: "name" },
      { kind: "validity", column: "id", matches: "^[CGD][A-Z0-9]+$" },
    ],
  },
  {
    stream: "slack_messages",
    source: "slack",
    key: ["channel_id", "ts"],
    silentAfterHours: 72,
    fields: {},
    checks: [
      { kind: "validity", column: "ts", matches: "^[0-9]+\\.[0-9]{6}$" },
      { kind: "reference", column: "channel_id", stream: "slack_channels", key: "id" },
    ],
  },
  {
    stream: "gong_calls",
    source: "gong",
    progressOf: "gong_calls",
    key: ["call_id"],
    checks: [
      { kind: "validity", column: "call_id", matches: "^[0-9]{1,20}$" },
      { kind: "completeness", column: "started_at" },
      { kind: "completeness", column: "primary_user_id", atLeast: 90 },
      { kind: "range", column: "duration_s", from: 0, to: 86_400 },
      { kind: "reference", column: "primary_user_id", stream: "gong_users", key: "user_id" },
    ],
  },
  {
    stream: "gong_users",
    source: "gong",
    progressOf: "gong_users",
    key: ["user_id"],
    checks: [
      { kind: "completeness", column: "email" },
      { kind: "validity", column: "email", matches: email },
    ],
  },
  {
    stream: "gong_crm_entities",
    source: "gong",
    // Only where a CRM is linked.
    mayBeEmpty: true,
    progressOf: "gong_calls",
    key: ["crm_system", "object_type", "object_id"],
    checks: [
      { kind: "completeness", column: "fields" },
      { kind: "reference", column: "last_seen_call_id", stream: "gong_calls", key: "call_id" },
    ],
  },
];

/** Unique among a stream's checks. */
export const checkName = (check: RowCheck): string => `${check.kind}:${check.column}`;

/** What the list of streams says where there are none: a variable cannot be empty. */
export const noStreams = "none";
