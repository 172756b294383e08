// Every text that goes into a comment is foreign: a resource's name may be anything, and a fork's pull request chooses
// it. Inside code GitHub reads no link, no mention, no reference, no HTML and no emphasis, so foreign text is shown as
// code and nowhere else.

/** Control characters, and those that reorder or hide text: what is read must be what is there. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** Lone halves of characters beyond the basic plane: a cut may leave one. */
const whole = (text: string): string => text.toWellFormed().replaceAll("\ufffd", "?");

/**
 * Foreign text as code in a line or a table's cell.
 * @param most characters; what is longer is cut
 */
export function code(text: string, most = 120): string {
  const line = text.toWellFormed().replaceAll(/\s+/g, " ").replaceAll(invisible, "").trim();
  const shown = whole(cut(line, most)).replaceAll("`", "'").replaceAll("|", "¦").trim();
  return shown === "" ? "" : `\`${shown}\``;
}

/** Letters, digits and the punctuation of a sentence; none of them means anything in Markdown. */
const sentence = /^[\p{L}\p{N} ,;:.()'…]+(-[\p{L}\p{N} ,;:.()'…]+)*$/u;
/** What GitHub makes a link of without being asked. */
const autolink = /\bwww\.|\bGH-\d|\b[0-9a-f]{7,}\b/i;

/** A foreign sentence: as it is where that is certainly harmless, else as code. */
export function prose(text: string, most = 200): string {
  const short = cut(text, most);
  return sentence.test(short) && !autolink.test(short) ? short : code(text, most);
}

/** Several texts as code, cut honestly. */
export function codes(texts: readonly string[], most: number, longest = 80): string {
  const shown = texts.slice(0, most).map((text) => code(text, longest));
  const more = texts.length - shown.length;
  return [...shown.filter(Boolean), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/**
 * Foreign text of several lines as a block of code, whose fence is longer than any row of backticks in it.
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

/** What can be opened by a click. `summary` is ours, never foreign: it is read as HTML. */
export const details = (summary: string, body: string): string =>
  `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
