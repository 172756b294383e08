import { detect } from "../../policies/detector/detect.ts";

const formatsIn = (text: string): Set<string> => new Set(detect(text).map(({ format }) => format));
const withheld = (formats: Iterable<string>): string =>
  `(withheld: looks like a key: ${[...formats].join(", ")})`;

/**
 * A text without its lines in which the policies' detector finds a key, and withheld as a whole where one goes over
 * several lines: an error may quote what a program was given, and a plan is public where the repository is. Pulumi
 * itself hides only what is a secret of the configuration. Pure.
 */
export function withoutKeys(text: string): string {
  const all = formatsIn(text);
  if (all.size === 0) return text;
  const lines = text.split("\n").map((line) => ({ line, formats: formatsIn(line) }));
  const alone = new Set(lines.flatMap(({ formats }) => [...formats]));
  if ([...all].some((format) => !alone.has(format))) return withheld(all);
  return lines.map(({ line, formats }) => (formats.size === 0 ? line : withheld(formats))).join("\n");
}
