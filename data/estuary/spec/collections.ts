import type { CollectionModel } from "./catalog.ts";
import { hubspotProperties, loadedAt, type StreamName, streams } from "./streams.ts";

type Json = Record<string, unknown>;
const orNull = (type: string): Json => ({ type: [type, "null"] });
const each = (names: readonly string[], schema: () => Json): Json =>
  Object.fromEntries(names.map((name) => [name, schema()]));

/** What is written must fit the declared schema; what is read has besides what Estuary inferred from the documents. */
const inferred = (key: string[], writeSchema: Json): CollectionModel => ({
  key: key.map((name) => `/${name}`),
  writeSchema,
  readSchema: { allOf: [{ $ref: "flow://write-schema" }, { $ref: "flow://inferred-schema" }] },
});

const isDeletion = {
  required: ["_meta"],
  properties: { _meta: { required: ["op"], properties: { op: { const: "d" } } } },
};
const merge = { reduce: { strategy: "merge" } };
// JSON Schema's keyword; spelt out, it would look like a promise's.
const then = "then";
/** A document that says so deletes its record. */
const deletable = { if: isDeletion, [then]: { reduce: { strategy: "merge", delete: true } } };
/**
 * What a document leaves out keeps its value: HubSpot's nightly refresh has calculated properties only, and PostgreSQL
 * leaves out large values that did not change. Without this the last document would be the whole record.
 */
const mergeable = { ...deletable, else: merge };

/**
 * A collection whose table is captured again, so that no column may have a name that the capture gives by itself. When a
 * document was published is `_loaded_at`. And it is read by what is declared alone: Estuary infers of every collection that
 * each document has `_meta`, and without `flow_document` the connector stores all that each document has.
 */
const staged = (key: string[], schema: Json): CollectionModel => ({
  key: key.map((name) => `/${name}`),
  writeSchema: schema,
  readSchema: schema,
  projections: { [loadedAt]: "/_meta/uuid/date-time" },
});

/** What an object of HubSpot is associated with, as the connector's documents have it: lists of ids. */
const associations = { contacts: ["companies"], deals: ["contacts", "engagements", "line_items"] } as const;

/** HubSpot's objects as the connector emits them: every property is a string or null. */
export function hubspotCollection(object: "contacts" | "deals"): CollectionModel {
  return staged(["id"], {
    type: "object",
    required: ["id"],
    properties: {
      id: { type: "integer" },
      createdAt: { type: "string", format: "date-time" },
      updatedAt: { type: "string", format: "date-time" },
      archived: { type: "boolean" },
      properties: {
        type: "object",
        ...merge,
        properties: each(hubspotProperties[object], () => orNull("string")),
      },
      ...each(associations[object], () => ({ type: "array", items: { type: "integer" } })),
    },
    ...mergeable,
  });
}

/** Slack's channels by their id, or messages by channel and time stamp. Pure. */
export function slackCollection(stream: "channels" | "channel_messages"): CollectionModel {
  if (stream === "channels") {
    return staged(["id"], {
      type: "object",
      required: ["id"],
      properties: {
        id: { type: "string" },
        name: orNull("string"),
        ...each(["is_channel", "is_private", "is_archived", "is_shared", "is_ext_shared"], () =>
          orNull("boolean"),
        ),
        ...each(["created", "updated", "num_members"], () => orNull("integer")),
        creator: orNull("string"),
        ...each(["topic", "purpose"], () => ({
          type: ["object", "null"],
          properties: { value: orNull("string") },
        })),
      },
      ...deletable,
    });
  }
  return staged(["channel_id", "ts"], {
    type: "object",
    required: ["channel_id", "ts"],
    properties: {
      channel_id: { type: "string" },
      // A string for good: as a number it would lose digits, and with them its identity.
      ts: { type: "string" },
      ...each(["user", "bot_id", "type", "subtype", "text", "thread_ts", "latest_reply"], () =>
        orNull("string"),
      ),
      reply_count: orNull("integer"),
      ...each(["reactions", "files", "blocks"], () => orNull("array")),
      edited: { type: ["object", "null"], properties: { ts: orNull("string") } },
    },
    ...deletable,
  });
}

/** A table as the capture from PostgreSQL emits its rows. Columns beyond the key are inferred. */
export function tableCollection(stream: StreamName): CollectionModel {
  const { key } = streams[stream];
  const names = Object.keys(key);
  return inferred(names, {
    type: "object",
    required: ["_meta", ...names],
    properties: {
      ...Object.fromEntries(Object.entries(key).map(([name, type]) => [name, { type }])),
      _meta: {
        type: "object",
        required: ["op", "source"],
        properties: {
          op: { enum: ["c", "d", "u"] },
          source: { type: "object" },
        },
        ...merge,
      },
    },
    ...mergeable,
  });
}
