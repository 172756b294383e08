import { stringsOf } from "../../detector/detect.ts";
import type { Subject } from "../../engine/rule.ts";
import { revealed } from "../../engine/values.ts";

/**
 * Where a text stands in a subject's inputs: in values, secret ones too, in names of properties, and in base64. Gives
 * paths only, never values.
 */
export function detectText(subject: Subject, pattern: RegExp): string[] {
  const props = revealed(subject.props);
  const paths = [...stringsOf(props)]
    .filter(({ text }) => pattern.test(text) || decoded(text).some((inner) => pattern.test(inner)))
    .map(({ path }) => path);
  const named = keysOf(props).filter(({ key }) => pattern.test(key));
  return [...new Set([...paths, ...named.map(({ path }) => path)])];
}

const decoded = (text: string): string[] =>
  (text.match(/[A-Za-z0-9+/_-]{12,}={0,2}/g) ?? []).map((each) =>
    Buffer.from(each, "base64").toString("latin1"),
  );

function keysOf(value: unknown, outer = ""): { path: string; key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    const path = outer === "" ? key : `${outer}.${key}`;
    return [{ path, key }, ...keysOf(each, path)];
  });
}
