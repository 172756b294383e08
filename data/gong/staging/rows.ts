import { hash } from "node:crypto";
import type { z } from "zod";
import { isStorable, storable } from "../source/json.ts";
import {
  type CrmObject,
  type WireCall,
  type WireUser,
  wireCall,
  wireTranscript,
  wireUser,
} from "../source/wire.ts";
import { asJson, jsonField, otherField, textField } from "./copy.ts";
import { calls, crmEntities, type Table, users } from "./tables.ts";

/** A row of a staging table. */
export interface Row {
  key: string;
  /** Its values as COPY reads them, in the order of the table's columns. Bytes, as they take half of what a text does. */
  line: Buffer;
  /** Of all that makes a difference. */
  hash: string;
  /** Which value is the record itself. */
  raw: number;
  /** Columns of which the record says nothing, not even null: a row that is there keeps what it has in them. */
  absent: readonly string[];
}

/** The record of a row, for the case that PostgreSQL refuses it. */
export const recordOf = ({ line, raw }: Row): string =>
  asJson(line.toString("utf8").split("\t")[raw] ?? "null");

/** A record that is not taken over. */
export interface Reject {
  key: string | null;
  reason: string;
  /** Places and what is wrong there, without values. */
  issues: { path: string; message: string }[];
  /** JSON that PostgreSQL can store. */
  raw: string;
}

const json = (value: unknown): string | undefined =>
  value === null || value === undefined ? undefined : JSON.stringify(value);

/** An object as JSON, of which some values are written already. */
const objectOf = (object: Record<string, unknown>, written: Record<string, string | undefined>): string => {
  const pairs = Object.entries(object).map(
    ([name, value]) => `${JSON.stringify(name)}:${written[name] ?? JSON.stringify(value)}`,
  );
  return `{${pairs.join(",")}}`;
};

/** @param difference what makes a difference, where it is not all of the line */
const rowOf = (
  key: string,
  fields: string[],
  raw: number,
  absent: readonly string[],
  difference?: string,
): Row => {
  const line = Buffer.from(fields.join("\t"));
  return { key, line, hash: hash("sha256", difference ?? line), raw, absent };
};

/** Columns whose value is not in the record at all. */
const absentFrom = ({ columns }: Table, record: unknown): string[] =>
  columns.flatMap(({ name, from }) => (from === undefined || has(record, from) ? [] : [name]));

const has = (record: unknown, path: readonly string[]): boolean => {
  let place = record;
  for (const name of path) {
    if (typeof place !== "object" || place === null) return false;
    place = (place as Record<string, unknown>)[name];
  }
  return place !== undefined;
};

const idIn = (record: unknown): string | null => {
  const { metaData, id } = (record ?? {}) as { metaData?: { id?: unknown }; id?: unknown };
  const found = metaData?.id ?? id;
  return typeof found === "string" || typeof found === "number" ? String(found).slice(0, 100) : null;
};

function reject(
  record: unknown,
  reason: string,
  issues: z.core.$ZodIssue[] = [],
  prefix: string[] = [],
): Reject {
  return {
    key: idIn(record),
    reason,
    issues: issues.map(({ path, message }) => ({ path: [...prefix, ...path].join("."), message })),
    raw: storable(JSON.stringify(record) ?? "null"),
  };
}

const unstorable = "contains text that PostgreSQL cannot store (NUL, or half of a surrogate pair)";
const undocumented = "does not match Gong's documentation";

/** A transcript that does not say which call it is of. */
export const transcriptReject = (record: unknown): Reject =>
  reject(record, undocumented, wireTranscript.safeParse(record).error?.issues, ["transcript"]);

/** A call and what was said in it, as a row of its table. */
export function callRow(
  record: unknown,
  transcript: unknown,
): { row: Row; call: WireCall } | { reject: Reject } {
  const result = wireCall.safeParse(record);
  if (!result.success) return { reject: reject(record, undocumented, result.error.issues) };
  const said = transcript === undefined ? undefined : wireTranscript.safeParse(transcript);
  if (said && !said.success) {
    return {
      reject: reject({ ...(record as object), transcript }, undocumented, said.error.issues, ["transcript"]),
    };
  }
  const { data: call } = result;
  const { callId: _, transcript: utterances, ...besides } = (transcript ?? {}) as Record<string, unknown>;
  // What a transcript has besides has no column.
  const sent: Record<string, unknown> = {
    ...(record as object),
    ...(Object.keys(besides).length > 0 && { _transcript: besides }),
  };
  // Large parts of a record are also separate columns: their JSON is reused.
  const parts = { parties: json(sent.parties), context: json(sent.context) };
  const raw = objectOf(sent, parts);
  const spoken = json(utterances);
  if (!isStorable(raw) || !isStorable(spoken ?? "")) {
    return { reject: reject({ ...(record as object), transcript }, unstorable) };
  }
  const { metaData: meta } = call;
  const fields = [
    textField(meta.id),
    textField(meta.workspaceId),
    textField(meta.title),
    textField(meta.url),
    textField(meta.scheduled),
    textField(meta.started),
    otherField(meta.duration),
    textField(meta.primaryUserId),
    textField(meta.direction),
    textField(meta.system),
    textField(meta.scope),
    textField(meta.media),
    textField(meta.language),
    textField(meta.purpose),
    otherField(meta.isPrivate),
    jsonField(parts.parties),
    jsonField(parts.context),
    jsonField(json(call.content?.topics)),
    jsonField(spoken),
    jsonField(raw),
    // Gong does not say when a call was changed.
    textField(null),
  ];
  const absent = absentFrom(calls, { ...sent, transcript: utterances });
  return { row: rowOf(meta.id, fields, 19, absent), call };
}

/** The row of a user as Gong sent it, or why it cannot be stored. Pure. */
export function userRow(record: unknown): { row: Row; user: WireUser } | { reject: Reject } {
  const result = wireUser.safeParse(record);
  if (!result.success) return { reject: reject(record, undocumented, result.error.issues) };
  const { data: user } = result;
  const raw = JSON.stringify(record);
  if (!isStorable(raw)) return { reject: reject(record, unstorable) };
  const fields = [
    textField(user.id),
    textField(user.emailAddress),
    textField(user.firstName),
    textField(user.lastName),
    textField(user.title),
    textField(user.managerId),
    otherField(user.active),
    textField(user.created),
    jsonField(json(user.settings)),
    jsonField(raw),
    textField(null),
  ];
  return { row: rowOf(user.id, fields, 9, absentFrom(users, record)), user };
}

/** CRM objects that calls are about, each once: as the newest of the calls has it. */
export function crmRows(from: readonly WireCall[]): Row[] {
  const inOrder = [...from].sort(
    (a, b) =>
      Date.parse(a.metaData.started) - Date.parse(b.metaData.started) ||
      (a.metaData.id < b.metaData.id ? -1 : 1),
  );
  const found = new Map<string, { first: string; last: WireCall; system: string; object: CrmObject }>();
  for (const call of inOrder) {
    for (const { system, objects } of call.context ?? []) {
      for (const object of objects ?? []) {
        const key = JSON.stringify([system, object.objectType, object.objectId]);
        const first = found.get(key)?.first ?? call.metaData.id;
        found.set(key, { first, last: call, system, object });
      }
    }
  }
  return [...found].map(([key, { first, last, system, object }]) => {
    const values = Object.fromEntries((object.fields ?? []).map(({ name, value }) => [name, value ?? null]));
    const raw = JSON.stringify(object);
    const identity = [textField(system), textField(object.objectType), textField(object.objectId)];
    const seen = [textField(first), textField(last.metaData.id)];
    const rest = [jsonField(raw), textField(last.metaData.started)];
    const fields = [...identity, jsonField(JSON.stringify(values)), ...seen, ...rest];
    // By which call an object was first seen depends on what is read with it.
    const difference = fields.with(4, "").join("\t");
    return rowOf(key, fields, 6, absentFrom(crmEntities, object), difference);
  });
}

/** One row for each key; of several the last. `ON CONFLICT` cannot touch a row twice. */
export const lastOfEach = (rows: readonly Row[]): Row[] => [
  ...new Map(rows.map((row) => [row.key, row])).values(),
];
