import { isUtf8 } from "node:buffer";
import { gunzipSync, constants as zlib } from "node:zlib";

/** A text that stands encoded in another one. */
export interface Encoded {
  /** Encodings, outermost first: `base64`, `gzip`. */
  as: string[];
  text: string;
  /** Index of the first encoded character. */
  at: number;
  /** How many characters of the outer text hold it. */
  length: number;
}

/** Longest run that is decoded, in characters: above the 1 MiB that a Kubernetes object can have. */
const longestRun = 2_000_000;
/** Largest output of gzip, in bytes: a bound for archives that are made to fill the memory. */
const largestOutput = 5_000_000;

const letters = "A-Za-z0-9+/_-";
const single = new RegExp(`(?<![${letters}])[${letters}]{16,}={0,2}(?![${letters}])`, "g");

/** From one line of base64 to the next: a line end, real or escaped, with indentation, quotes or a comment's mark. */
const lineEnd =
  "(?:(?:\\\\r)?(?:\\\\n)?(?:[\"'`](?:[ \\t]*[,+])?)?[ \\t]*\\\\?\\r?\\n[ \\t]*(?:(?:#|//|\\*)[ \\t]+)?[\"'`]?|(?:\\\\r)?\\\\n[ \\t]*)";
const wrapped = new RegExp(`(?<![${letters}])[${letters}]{32,}(?:${lineEnd}[${letters}]+={0,2})+`, "g");
const lineEnds = new RegExp(lineEnd, "g");

/**
 * Base64 that is wrapped over several lines, joined: lines of one length, and a last one that is not longer.
 * Undefined where the lines are no such block.
 */
function joined(block: string): { text: string; length: number; lines: number } | undefined {
  let end = 0;
  let width = 0;
  const lines: string[] = [];
  for (const match of [...block.matchAll(lineEnds), undefined]) {
    const line = block.slice(end, match?.index);
    width ||= line.length;
    if (line.length > width) break;
    lines.push(line);
    if (line.length < width || !match) return finished(lines, end + line.length);
    end = match.index + match[0].length;
  }
  return finished(lines, end);
}

const finished = (lines: string[], length: number) =>
  lines.length > 1 ? { text: lines.join(""), length, lines: lines.length } : undefined;

/** Texts in base64, on one line or wrapped over several, and in hexadecimal. Pure. */
export function* encodedIn(text: string): Generator<Encoded> {
  const blocks: { from: number; to: number }[] = [];
  for (const { 0: block, index } of text.matchAll(wrapped)) {
    const whole = joined(block);
    if (!whole || whole.text.length > longestRun) continue;
    // Two lines may be one of base64 and a word below it: then the first one is decoded alone, too.
    if (whole.lines > 2) blocks.push({ from: index, to: index + whole.length });
    yield* decoded(whole.text, index, whole.length);
  }
  let next = 0;
  for (const { 0: run, index } of text.matchAll(single)) {
    while ((blocks[next]?.to ?? Number.POSITIVE_INFINITY) <= index) next += 1;
    if (index >= (blocks[next]?.from ?? Number.POSITIVE_INFINITY) || run.length > longestRun) continue;
    yield* decoded(run, index, run.length);
  }
}

function* decoded(run: string, at: number, length: number): Generator<Encoded> {
  if (/^[0-9a-f]+$/i.test(run)) {
    // A digest is hexadecimal, too: only what is text as a whole was encoded.
    const text = run.length % 2 === 0 ? plainText(Buffer.from(run, "hex")) : undefined;
    if (text !== undefined) yield { as: ["hexadecimal"], text, at, length };
    return;
  }
  const bytes = Buffer.from(run, "base64");
  const found = textOf(bytes);
  if (found) yield { as: ["base64", ...found.as], text: found.text, at, length };
  if (found && (found.as.length > 0 || plainText(bytes) !== undefined)) return;
  // Behind other letters, as in `v1-…` or `\\n…`, it begins at any of four.
  for (let skip = 1; skip < 4; skip += 1) {
    const text = printableIn(Buffer.from(run.slice(skip), "base64"));
    if (text !== undefined) yield { as: ["base64"], text, at: at + skip, length: length - skip };
  }
}

/** What can be read in some bytes. */
export interface Readable {
  /** As of `Encoded`. */
  as: string[];
  text: string;
  /** There is more, or was: gzip that is damaged, or unpacks to more than is read. */
  partly?: true;
}

/** What can be read in some bytes: UTF-8, UTF-16, what gzip packed, or else the printable parts of a binary. Pure. */
export function textOf(bytes: Buffer): Readable | undefined {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return unpackedText(bytes);
  const whole = unzipped(bytes);
  // An archive inside an archive stays closed: one can be made that holds itself.
  const found = unpackedText(whole ?? unzippedPart(bytes));
  if (whole) return found && { as: ["gzip", ...found.as], text: found.text };
  return { as: ["gzip", ...(found?.as ?? [])], text: found?.text ?? "", partly: true };
}

function unpackedText(bytes: Buffer): Readable | undefined {
  const plain = plainText(bytes);
  if (plain !== undefined) return { as: [], text: plain };
  const wide = utf16(bytes);
  if (wide !== undefined) return { as: ["UTF-16"], text: wide };
  const printable = printableIn(bytes);
  return printable === undefined ? undefined : { as: [], text: printable };
}

/** The printable parts of a binary, one a line. */
const printableIn = (bytes: Buffer): string | undefined =>
  bytes
    .toString("latin1")
    .match(/[\t\x20-\x7e]{16,}/g)
    ?.join("\n");

/** UTF-8 without control characters. */
function plainText(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString("utf8");
  return /[^\P{Cc}\t\n\r]/u.test(text) ? undefined : text;
}

/** UTF-16 of mostly Latin letters: every second byte is zero, or nearly, and of the others none, or nearly. */
function utf16(bytes: Buffer): string | undefined {
  const zeros = [0, 0];
  const looked = Math.min(bytes.length, 2000);
  for (let at = 0; at < looked; at += 1) if (bytes[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (Math.max(even, odd) < looked / 3 || Math.min(even, odd) > looked / 100) return undefined;
  const pairs = bytes.subarray(0, bytes.length - (bytes.length % 2));
  return (odd >= even ? pairs : Buffer.from(pairs).swap16()).toString("utf16le");
}

/** What gzip packed, as far as it goes where the end is missing; nothing where it is damaged, or too large. */
function unzipped(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: largestOutput, finishFlush: zlib.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

/** What the longest beginning of it unpacks to that is neither damaged nor too large. */
function unzippedPart(bytes: Buffer): Buffer {
  let part: Buffer = Buffer.alloc(0);
  let from = 0;
  let to = bytes.length;
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    const found = unzipped(bytes.subarray(0, middle));
    if (found) part = found;
    if (found) from = middle;
    else to = middle;
  }
  return part;
}
