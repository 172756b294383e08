import { maxText } from "./tool.ts";

/** A text of at most so many characters; a longer one says how long it was. Pure. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;

/** People from outside that a call in a list shows: the first ones, and how many more there are. Pure. */
export const outsideOf = (people: string[], most: number) => ({
  outside: people.slice(0, most),
  ...(people.length > most && { outsideLeftOut: people.length - most }),
});

/** Lengths that the texts of an answer may have, the first that lets it fit. */
const lengths = [5000, 1000, 200, 50, 10];

/** A value whose long texts are cut as far as it takes to fit into one answer. For what cannot be paged. Pure. */
export function fitting(value: unknown): unknown {
  for (const most of lengths) {
    const shorter = cutAll(value, most);
    if (JSON.stringify(shorter).length <= maxText) return shorter;
  }
  return value;
}

function cutAll(value: unknown, most: number): unknown {
  if (typeof value === "string") return cut(value, most);
  if (Array.isArray(value)) return value.map((each) => cutAll(each, most));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, cutAll(each, most)]));
}
