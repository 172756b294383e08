// Every text in a comment is untrusted: a fork's pull request can choose a resource's name. In code spans and blocks GitHub
// renders no links, mentions, references, HTML or emphasis, so untrusted text is only shown as code.

/** Control characters, and those that reorder or hide text. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** Replaces lone surrogates, which a cut may leave. */
const whole = (text: string): string => text.toWellFormed().replaceAll("\ufffd", "?");

/**
 * Untrusted text as a code span, for a line or a cell of a table.
 * @param most characters; longer text is cut
 */
export function code(text: string, most = 120): string {
  const line = text.toWellFormed().replaceAll(/\s+/g, " ").replaceAll(invisible, "").trim();
  const shown = whole(cut(line, most)).replaceAll("`", "'").replaceAll("|", "¦").trim();
  return shown === "" ? "" : `\`${shown}\``;
}

/** Letters, digits and punctuation without a meaning in Markdown. */
const sentence = /^[\p{L}\p{N} ,;:.()'…]+(-[\p{L}\p{N} ,;:.()'…]+)*$/u;
/** Text that GitHub turns into a link. */
const autolink = /\bwww\.|\bGH-\d|\b[0-9a-f]{7,}\b/i;

/** Untrusted text as prose where all of its characters are harmless, else as code. */
export function prose(text: string, most = 200): string {
  const short = cut(text, most);
  return sentence.test(short) && !autolink.test(short) ? short : code(text, most);
}

/** Several texts as code; says how many are left out. */
export function codes(texts: readonly string[], most: number, longest = 80): string {
  const shown = texts.slice(0, most).map((text) => code(text, longest));
  const more = texts.length - shown.length;
  return [...shown.filter(Boolean), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/**
 * Untrusted text of several lines as a code block, whose fence is longer than any run of backticks in it.
 * @param most characters
 */
export function block(text: string, most = 4000): string {
  const lines = text
    .toWellFormed()
    .split(/\r?\n/)
    .map((line) => line.replaceAll("\t", "  ").replaceAll(invisible, "").trimEnd())
    .join("\n");
  const more = lines.length - most;
  const shown = more > 0 ? `${whole(lines.slice(0, most))}\n… ${more} more characters` : lines;
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([row]) => row.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${shown}\n${fence}`;
}

/** A table. Cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A collapsed section. `summary` is rendered as HTML and must not be untrusted. */
export const details = (summary: string, body: string): string =>
  `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;

/** A count with its noun: `1 host`, `2 hosts`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
