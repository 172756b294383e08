import { createHash } from "node:crypto";
import type { z } from "zod";
import { isStorable, storable } from "../source/json.ts";
import { type WireCall, type WireUser, wireCall, wireTranscript, wireUser } from "../source/wire.ts";

/** A row of a staging table: its values as PostgreSQL reads them, in the order of the table's columns. */
export interface Row {
  key: string;
  values: (string | null)[];
  /** Of all values that make a difference. */
  hash: string;
  /** The record, for the case that PostgreSQL refuses the row. */
  record: () => string;
}

/** A record that is not taken over. */
export interface Reject {
  key: string | null;
  reason: string;
  /** Places and what is wrong there, without values. */
  issues: { path: string; message: string }[];
  /** JSON that PostgreSQL can store. */
  raw: string;
}

type Value = string | null | undefined;
const json = (value: unknown): Value =>
  value === null || value === undefined ? null : JSON.stringify(value);
const flag = (value: boolean | null | undefined): Value =>
  typeof value === "boolean" ? String(value) : null;

/** @param ignored indexes of values that make no difference */
export function rowOf(key: string, values: Value[], record: () => string, ignored: number[] = []): Row {
  const hash = createHash("sha256");
  values.forEach((value, index) => {
    if (!ignored.includes(index)) hash.update(typeof value === "string" ? `+${value}\x1f` : "-");
  });
  return { key, values: values.map((value) => value ?? null), hash: hash.digest("hex"), record };
}

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

const unstorable = "has a text that PostgreSQL cannot store (NUL, or half of a surrogate pair)";
const undocumented = "is not as Gong documents it";

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
  const raw = JSON.stringify(record);
  const spoken = json(said?.data.transcript);
  if (!isStorable(raw) || !isStorable(spoken ?? "")) {
    return { reject: reject({ ...(record as object), transcript }, unstorable) };
  }
  const { metaData: meta } = call;
  const values = [
    meta.id,
    meta.workspaceId,
    meta.title,
    meta.url,
    meta.scheduled,
    meta.started,
    meta.duration?.toString(),
    meta.primaryUserId,
    meta.direction,
    meta.system,
    meta.scope,
    meta.media,
    meta.language,
    meta.purpose,
    flag(meta.isPrivate),
    json(call.parties),
    json(call.context),
    json(call.content?.topics),
    spoken,
    raw,
    // Gong does not say when a call was changed.
    null,
  ];
  return { row: rowOf(meta.id, values, () => raw), call };
}

export function userRow(record: unknown): { row: Row; user: WireUser } | { reject: Reject } {
  const result = wireUser.safeParse(record);
  if (!result.success) return { reject: reject(record, undocumented, result.error.issues) };
  const { data: user } = result;
  const raw = JSON.stringify(record);
  if (!isStorable(raw)) return { reject: reject(record, unstorable) };
  const values = [
    user.id,
    user.emailAddress,
    user.firstName,
    user.lastName,
    user.title,
    user.managerId,
    flag(user.active),
    user.created,
    json(user.settings),
    raw,
    null,
  ];
  return { row: rowOf(user.id, values, () => raw), user };
}

/** CRM objects that calls are about, each once: as the newest of the calls has it. */
export function crmRows(calls: readonly WireCall[]): Row[] {
  const inOrder = [...calls].sort(
    (a, b) =>
      Date.parse(a.metaData.started) - Date.parse(b.metaData.started) ||
      (a.metaData.id < b.metaData.id ? -1 : 1),
  );
  const found = new Map<string, { values: Value[]; raw: string }>();
  for (const { context, metaData } of inOrder) {
    for (const { system, objects } of context ?? []) {
      for (const object of objects ?? []) {
        const key = JSON.stringify([system, object.objectType, object.objectId]);
        const fields = Object.fromEntries(
          (object.fields ?? []).map(({ name, value }) => [name, value ?? null]),
        );
        const first = found.get(key)?.values[4] ?? metaData.id;
        const raw = JSON.stringify(object);
        const identity = [system, object.objectType, object.objectId];
        const values = [...identity, json(fields), first, metaData.id, raw, metaData.started];
        found.set(key, { values, raw });
      }
    }
  }
  return [...found].map(([key, { values, raw }]) => rowOf(key, values, () => raw, [4]));
}

/** One row for each key; of several the last. `ON CONFLICT` cannot touch a row twice. */
export const lastOfEach = (rows: readonly Row[]): Row[] => [
  ...new Map(rows.map((row) => [row.key, row])).values(),
];
