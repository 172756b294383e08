/** What a field's value looks like; HubSpot sends every value as text. */
export type Form = "number" | "boolean" | "time" | "text" | "array" | "object";

/** How often a field had a value of each form. */
export type Forms = Partial<Record<Form, number>>;

/** What is remembered of a field. */
interface Field {
  /** Records that had it, and records that were looked at while it still came: a mean over some thousand. */
  came: number;
  of: number;
  /** Records in succession that did not have it. */
  missed: number;
  /** Values by form, without those that `other` counts. */
  forms: Forms;
  /** Values in succession of which none had the usual form. */
  other: number;
}
export type Fields = Readonly<Record<string, Field>>;

/** How a field came in the records of a look. */
export interface Came {
  /** Of the look's `records`, with a value or, as HubSpot sends properties, without one. */
  records: number;
  /** Values in any record that was looked at. */
  forms: Forms;
}

/** What records show that were loaded since the look before. */
export interface Look {
  /** Records that a field can be missed in. */
  records: number;
  /** Fields that came in any record. */
  came: Readonly<Record<string, Came>>;
}

/** Names of fields. */
export interface Changes {
  added: readonly string[];
  gone: readonly string[];
  /** Their values have another form. */
  changed: readonly string[];
}

export const noChanges: Changes = { added: [], gone: [], changed: [] };

/** A field that would have come so many times, and did not come at all, is gone; fewer may be chance. */
const enough = 20;
/** Of a field's values so many have its usual form. */
const usual = 0.95;
/** Means are of so many records: of more, the older ones count half. */
const most = 4000;

const sum = (forms: Forms) => Object.values(forms).reduce((total, count) => total + count, 0);
const halved = (forms: Forms): Forms =>
  Object.fromEntries(Object.entries(forms).map(([form, count]) => [form, count / 2]));

/** The form of nearly all values; undefined where they are too few, or of several. Pure. */
function usualForm(forms: Forms): Form | undefined {
  const all = sum(forms);
  const found = Object.entries(forms).find(([, count]) => all >= enough && count >= all * usual);
  return found && (found[0] as Form);
}

const isGone = ({ came, of, missed }: Field) => came >= enough && (came / of) * missed >= enough;

/** What is remembered of whether it comes. Pure. */
function presence({ came, of, missed }: Field, records: number, now: number) {
  if (now === 0) return { came, of, missed: missed + records };
  // Records that it was missed in belong to its mean as soon as it comes again.
  const all = of + missed + records;
  const share = all > most ? 0.5 : 1;
  return { came: (came + now) * share, of: all * share, missed: 0 };
}

/** What is remembered of its values, and whether they changed their form. Pure. */
function values({ forms: before, other: foreign }: Field, now: Forms) {
  const form = usualForm(before);
  const kept = form === undefined || now[form] !== undefined;
  const other = kept ? 0 : foreign + sum(now);
  const changed = other >= enough;
  if (!kept && !changed) return { forms: before, other, changed };
  const forms = { ...(changed ? {} : before) };
  for (const [key, count] of Object.entries(now) as [Form, number][]) forms[key] = (forms[key] ?? 0) + count;
  return { forms: sum(forms) > most ? halved(forms) : forms, other: 0, changed };
}

const unknown: Field = { came: 0, of: 0, missed: 0, forms: {}, other: 0 };

/**
 * What changed at the source since the looks before, and what to remember. The first look reports nothing. Pure.
 *
 * @param before undefined before the first look
 */
export function compare(before: Fields | undefined, { records, came }: Look): Changes & { fields: Fields } {
  const changes = { added: [] as string[], gone: [] as string[], changed: [] as string[] };
  const fields: Record<string, Field> = {};
  for (const name of [...new Set([...Object.keys(before ?? {}), ...Object.keys(came)])].sort()) {
    const known = before?.[name] ?? unknown;
    const now = came[name] ?? { records: 0, forms: {} };
    const { changed, ...seen } = values(known, now.forms);
    const field = { ...presence(known, records, now.records), ...seen };
    if (before && !before[name]) changes.added.push(name);
    if (isGone(field) && !isGone(known)) changes.gone.push(name);
    if (changed) changes.changed.push(name);
    fields[name] = field;
  }
  return { ...changes, fields };
}

/** What changed in a table's columns. Pure. @param before types by name; undefined before the first look */
export function compareColumns(
  before: Readonly<Record<string, string>> | undefined,
  now: Readonly<Record<string, string>>,
): Changes {
  const names = Object.keys(now);
  if (!before) return noChanges;
  return {
    added: names.filter((name) => before[name] === undefined).sort(),
    gone: Object.keys(before)
      .filter((name) => now[name] === undefined)
      .sort(),
    changed: names.filter((name) => before[name] !== undefined && before[name] !== now[name]).sort(),
  };
}
