import { stringsOf } from "../../detector/detect.ts";
import type { Subject } from "../../engine/rule.ts";
import { revealed } from "../../engine/values.ts";

/** A text in a subject's inputs. */
interface Text {
  path: string;
  text: string;
}

const known = new WeakMap<Subject, Text[]>();

/** All texts of a subject: values, secret ones too, names of properties, and what is in base64. Read once for all rules. */
function textsOf(subject: Subject): Text[] {
  const before = known.get(subject);
  if (before) return before;
  const props = revealed(subject.props);
  const texts = [...stringsOf(props)].flatMap(({ path, text }) => [
    { path, text },
    ...decoded(text).map((inner) => ({ path, text: inner })),
  ]);
  const all = [...texts, ...keysOf(props)];
  known.set(subject, all);
  return all;
}

/** Where a text stands in a subject's inputs. Gives paths only, never values. */
export const detectText = (subject: Subject, pattern: RegExp): string[] => [
  ...new Set(
    textsOf(subject)
      .filter(({ text }) => pattern.test(text))
      .map(({ path }) => path),
  ),
];

const decoded = (text: string): string[] =>
  (text.match(/[A-Za-z0-9+/_-]{12,}={0,2}/g) ?? []).map((each) =>
    Buffer.from(each, "base64").toString("latin1"),
  );

function keysOf(value: unknown, outer = ""): Text[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    const path = outer === "" ? key : `${outer}.${key}`;
    return [{ path, text: key }, ...keysOf(each, path)];
  });
}
