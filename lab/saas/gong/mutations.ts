/** One way in which records differ from what is documented. */
export interface Mutation {
  on: "calls" | "transcripts" | "users";
  /** A field that is added, changed or, without a value, removed; with dots, such as `metaData.duration`. */
  path: string;
  /** JSON. Default: the field is removed. */
  value?: unknown;
  /** Only these records. */
  ids?: string[];
}

const idOf = (record: object): unknown =>
  "metaData" in record
    ? (record.metaData as { id?: unknown }).id
    : ((record as { callId?: unknown }).callId ?? (record as { id?: unknown }).id);

/** The record with every mutation that concerns it. */
export function applied<T extends object>(mutations: Mutation[], on: Mutation["on"], record: T): T {
  if (mutations.length === 0) return record;
  const id = String(idOf(record));
  for (const { path, value, ...mutation } of mutations) {
    if (mutation.on !== on || (mutation.ids && !mutation.ids.includes(id))) continue;
    const names = path.split(".");
    const last = names.pop() ?? "";
    let place: Record<string, unknown> | undefined = record as Record<string, unknown>;
    for (const name of names) place = place?.[name] as Record<string, unknown> | undefined;
    if (!place) throw new Error(`no record of ${on} has ${path}`);
    if (value === undefined) delete place[last];
    else place[last] = value;
  }
  return record;
}
