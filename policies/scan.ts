/**
 * Looks for keys in the repository's tracked files with the detector of the policy pack.
 *
 *   node policies/scan.ts             all tracked files; ends with 1 if there is a key
 *   node policies/scan.ts <folder>    another checkout
 *   node policies/scan.ts --history   every file and message of every commit of every branch, and every tag's message;
 *                                     of another checkout with its folder
 *
 * `scan.yaml` holds this repository's exceptions, each with reason and expiry.
 * Prints file, line and kind of key, never the key, and files that could not be searched to their end; then how much was
 * read, and in how many seconds. Each of them, and an exception that nothing needs, ends it with 1.
 */
import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { detect } from "./detector/detect.ts";
import { textOf } from "./detector/encodings.ts";
import { Exceptions } from "./engine/exceptions.ts";
import { readScanExceptions } from "./engine/files.ts";

export interface Leak {
  file: string;
  line: number;
  format: string;
  /** How it was wrapped: `base64`. */
  inside: string[];
  /** What it is called, or else its format: with the file, what an exception is for. */
  name: string;
}

/** What was read, and what was found in it. */
export interface Scan {
  files: number;
  /** Of commits and tags; left out where only files were read. */
  messages?: number;
  bytes: number;
  seconds: number;
  leaks: Leak[];
  /** Files that were not searched, or not to their end, and why. */
  unread: { file: string; why: string }[];
  /** Of a checkout: the files that it has now. Of a history undefined: it has every file there ever was. */
  tracked?: ReadonlySet<string>;
}

/** Largest file that is read, in bytes. */
const largest = 5_000_000;
const tooLarge = `larger than ${largest / 1e6} MB, so not searched: keep it out of Git`;
const partly = `gzip that is damaged or unpacks to more than ${largest / 1e6} MB, so not searched to its end: keep it out of Git`;
/** What an exception for one that could not be searched is for: `<file>#size`. */
const size = "size";

/** Keys in one file: in its text, in what gzip packed, or in the printable parts of a binary. Pure. */
export function leaksIn(file: string, content: string | Buffer): Leak[] {
  const text = typeof content === "string" ? content : textOf(content)?.text;
  if (text === undefined) return [];
  return detect(text).map(({ format, at = 0, inside, name = format }) => ({
    file,
    line: text.slice(0, at).split("\n").length,
    format,
    inside,
    name,
  }));
}

/** Searches one file for a scan's result. */
function search(result: Scan, file: string, content: Buffer): void {
  const readable = textOf(content);
  if (readable?.partly) result.unread.push({ file, why: partly });
  result.files += 1;
  result.bytes += content.length;
  result.leaks.push(...leaksIn(file, readable?.text ?? ""));
}

const since = (start: number): number => (performance.now() - start) / 1000;

/** Keys in the tracked files of a checkout, as they are on disk. */
export function scan(folder: string): Scan {
  const start = performance.now();
  const listed = execFileSync("git", ["-C", folder, "ls-files", "-z"], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const tracked = new Set(listed.split("\0").filter(Boolean));
  const result: Scan = { files: 0, bytes: 0, seconds: 0, leaks: [], unread: [], tracked };
  for (const file of tracked) {
    const path = join(folder, file);
    const found = lstatSync(path, { throwIfNoEntry: false });
    // A link's content is where it leads, as Git has it; that file is read under its own name.
    if (found?.isSymbolicLink()) search(result, file, Buffer.from(readlinkSync(path)));
    // Else tracked, but deleted or a submodule.
    if (!found?.isFile()) continue;
    if (found.size > largest) {
      result.unread.push({ file, why: tooLarge });
      continue;
    }
    search(result, file, readFileSync(path));
  }
  return { ...result, seconds: since(start) };
}

type Git = (args: string[], input?: string) => Buffer;

/** Keys in every file and message of a checkout's history, each content once, under the first path it had. */
export function scanHistory(folder: string): Scan {
  const start = performance.now();
  const git: Git = (args, input = "") =>
    execFileSync("git", ["-C", folder, ...args], { input, maxBuffer: 2 ** 31 - 1 });
  const result: Scan = { files: 0, messages: 0, bytes: 0, seconds: 0, leaks: [], unread: [] };
  for (const { name, text } of contents(git, result.unread)) search(result, name, text);
  for (const { name, text } of messages(git)) {
    result.messages = (result.messages ?? 0) + 1;
    result.bytes += Buffer.byteLength(text);
    result.leaks.push(...leaksIn(name, text));
  }
  return { ...result, seconds: since(start) };
}

/** How many contents are read at once. */
const batch = 200;

/** Every content that any commit has; the names of those that are too large go to `unread`. */
function* contents(git: Git, unread: Scan["unread"]): Generator<{ name: string; text: Buffer }> {
  const paths = new Map<string, string>();
  for (const line of git(["rev-list", "--objects", "--all"]).toString().split("\n")) {
    const space = line.indexOf(" ");
    if (space > 0) paths.set(line.slice(0, space), line.slice(space + 1));
  }
  const sizes = git(
    ["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"],
    [...paths.keys()].join("\n"),
  );
  const all = sizes
    .toString()
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, type]) => type === "blob");
  const fits = ([, , bytes]: string[]) => Number(bytes) <= largest;
  const blobs = all.filter(fits);
  for (const [id = ""] of all.filter((each) => !fits(each)))
    unread.push({ file: paths.get(id) ?? id, why: tooLarge });
  for (let from = 0; from < blobs.length; from += batch) {
    const some = blobs.slice(from, from + batch);
    const read = git(["cat-file", "--batch"], `${some.map(([id]) => id).join("\n")}\n`);
    let at = 0;
    for (const [id = "", , bytes] of some) {
      const start = read.indexOf("\n", at) + 1;
      at = start + Number(bytes) + 1;
      yield { name: paths.get(id) ?? id, text: read.subarray(start, at - 1) };
    }
  }
}

/** What people wrote with commits and tags. */
function* messages(git: Git): Generator<{ name: string; text: string }> {
  const sources = [
    ["message of commit", ["log", "--all", "--format=%h %an <%ae>%n%B%x00"]],
    ["message of tag", ["for-each-ref", "refs/tags", "--format=%(refname:short) %(contents)%00"]],
  ] as const;
  for (const [what, args] of sources) {
    for (const each of git([...args])
      .toString()
      .split("\0")) {
      const text = each.trimStart();
      const [id = ""] = text.split(/\s/, 1);
      if (id !== "") yield { name: `${what} ${id}`, text: text.slice(id.length) };
    }
  }
}

/**
 * What a scan has to say, after the exceptions, each of which is for one file and one name in it: `<file>#<name>`. One that
 * nothing needs is a fault: in a checkout unless it is optional and its file is not there, in the history in any case.
 */
export function report(
  { files, messages, bytes, seconds, leaks, unread, tracked }: Scan,
  exceptions: Exceptions,
): { lines: string[]; keys: number; clean: boolean } {
  const left = leaks.filter(({ file, name }) => !exceptions.covers(rule, `${file}#${name}`));
  const faults = unread
    .filter(({ file }) => !exceptions.covers(rule, `${file}#${size}`))
    .map(({ file, why }) => `${file}: ${why}`);
  const lines = left.map(
    ({ file, line, format, inside }) =>
      `${file}:${line}: ${format}${inside.length > 0 ? ` inside ${inside.join(", ")}` : ""}`,
  );
  const fileOf = (resource: string) => resource.slice(0, resource.lastIndexOf("#"));
  faults.push(...exceptions.faults({ has: (resource) => tracked?.has(fileOf(resource)) ?? true }));
  const read = `${files} files, ${messages === undefined ? "" : `${messages} messages, `}${(bytes / 1e6).toFixed(1)} MB`;
  const sum = `${read}, ${seconds.toFixed(1)} s: ${left.length} keys, ${leaks.length - left.length} excepted`;
  return { lines: [...lines, ...faults, sum], keys: left.length, clean: left.length + faults.length === 0 };
}

const rule = "no-hard-coded-keys";

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const given = process.argv.slice(2);
  const history = given.includes("--history");
  const [folder, ...more] = given.filter((each) => each !== "--history");
  if (folder?.startsWith("-") || more.length > 0) {
    console.error("usage: node policies/scan.ts [<folder>] [--history]");
    process.exit(2);
  }
  const own = folder === undefined;
  const where = folder ?? join(import.meta.dirname, "..");
  const today = new Date().toISOString().slice(0, 10);
  const excepted = new Exceptions(own ? readScanExceptions([rule], today) : [], undefined, today);
  const result = report(history ? scanHistory(where) : scan(where), excepted);
  console.log(result.lines.join("\n"));
  if (result.keys > 0) {
    console.error(
      "A key in a file is compromised: revoke it, put the new one into ESC, and read it from there.",
    );
  }
  process.exitCode = result.clean ? 0 : 1;
}
