import { type Account, type CrmRecord, firstId, type ObjectType, seeded, seededAt } from "./records.ts";

/** First index in `0 … length` for which `test` holds; `test` goes from false to true once. */
function firstIndex(length: number, test: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface Touched {
  at: number;
  id: number;
}
const before = (a: Touched, b: Touched): boolean => a.at < b.at || (a.at === b.at && a.id < b.id);

/**
 * All records of one type. Unchanged records are generated on request, so that a million of them take
 * no memory; only changed ones are kept.
 */
export class Objects {
  readonly type: ObjectType;
  readonly account: Account;
  readonly #kept = new Map<number, CrmRecord>();
  /** Kept records by time of change. */
  readonly #touched: Touched[] = [];
  #created = 0;

  constructor(type: ObjectType, account: Account) {
    this.type = type;
    this.account = account;
  }

  /** How many were ever there, archived ones included. */
  get size(): number {
    return this.account[this.type] + this.#created;
  }

  get archived(): CrmRecord[] {
    return [...this.#kept.values()]
      .filter((record) => record.archivedAt !== undefined)
      .sort((a, b) => a.id - b.id);
  }

  get(id: number): CrmRecord | undefined {
    const index = id - firstId[this.type];
    if (!Number.isInteger(index) || index < 0 || index >= this.size) return undefined;
    return this.#kept.get(id) ?? seeded(this.account, this.type, index);
  }

  /** Changes a record, and says when: later than its last change, even within a millisecond. */
  change(id: number, change: (record: CrmRecord) => void): CrmRecord {
    const record = this.get(id);
    if (!record) throw new Error(`no ${this.type} with id ${id}`);
    const old = this.#kept.get(id) && this.#position({ at: record.updatedAt, id });
    change(record);
    record.updatedAt = Math.max(Date.now(), record.updatedAt + 1);
    if (old !== undefined) this.#touched.splice(old, 1);
    this.#kept.set(id, record);
    this.#touch(record);
    return record;
  }

  create(like: (index: number) => Pick<CrmRecord, "properties" | "associated">): CrmRecord {
    const index = this.size;
    const now = Date.now();
    const record = { id: firstId[this.type] + index, createdAt: now, updatedAt: now, ...like(index) };
    this.#created += 1;
    this.#kept.set(record.id, record);
    this.#touch(record);
    return record;
  }

  /** Up to `limit` records that are not archived, with ids above `after`. */
  page(after: number, limit: number): CrmRecord[] {
    const page: CrmRecord[] = [];
    for (
      let index = Math.max(0, after - firstId[this.type] + 1);
      index < this.size && page.length < limit;
      index++
    ) {
      const record = this.get(firstId[this.type] + index);
      if (record && record.archivedAt === undefined) page.push(record);
    }
    return page;
  }

  /** How many that are not archived were changed within these milliseconds, both included. */
  count(from: number, to: number): number {
    const [low, high] = this.#seededRange(from, to);
    let count = high - low;
    for (const id of this.#kept.keys()) {
      const index = id - firstId[this.type];
      if (index >= low && index < high) count -= 1;
    }
    for (const { id } of this.#touchedWithin(from, to))
      if (this.get(id)?.archivedAt === undefined) count += 1;
    return count;
  }

  /** The same records in order of change, then of id. */
  *changedWithin(from: number, to: number): Generator<CrmRecord> {
    const [low, high] = this.#seededRange(from, to);
    const touched = this.#touchedWithin(from, to);
    let next = 0;
    for (let index = low; index < high; index++) {
      const id = firstId[this.type] + index;
      if (this.#kept.has(id)) continue;
      const at = seededAt(this.account, this.type, index);
      for (let entry = touched[next]; entry && before(entry, { at, id }); entry = touched[++next]) {
        yield* this.#alive(entry.id);
      }
      yield seeded(this.account, this.type, index);
    }
    for (; next < touched.length; next++) yield* this.#alive(touched[next]?.id ?? 0);
  }

  *#alive(id: number): Generator<CrmRecord> {
    const record = this.get(id);
    if (record && record.archivedAt === undefined) yield record;
  }

  #seededRange(from: number, to: number): [number, number] {
    const length = this.account[this.type];
    const at = (index: number) => seededAt(this.account, this.type, index);
    return [firstIndex(length, (index) => at(index) >= from), firstIndex(length, (index) => at(index) > to)];
  }

  #touchedWithin(from: number, to: number): Touched[] {
    const at = (index: number) => this.#touched[index]?.at ?? Number.POSITIVE_INFINITY;
    const length = this.#touched.length;
    return this.#touched.slice(
      firstIndex(length, (index) => at(index) >= from),
      firstIndex(length, (index) => at(index) > to),
    );
  }

  #position(entry: Touched): number {
    return firstIndex(this.#touched.length, (index) => {
      const other = this.#touched[index];
      return other === undefined || !before(other, entry);
    });
  }

  #touch({ id, updatedAt }: CrmRecord): void {
    const entry = { at: updatedAt, id };
    this.#touched.splice(this.#position(entry), 0, entry);
  }
}
