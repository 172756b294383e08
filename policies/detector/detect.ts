import { listedKey, listedKeys } from "./commands.ts";
import { encodedIn } from "./encodings.ts";
import { formats } from "./formats.ts";
import {
  assignment,
  dockerVariable,
  holdsName,
  isDigestOf,
  isSecretName,
  lineAssignments,
  looseAssignment,
  nameBefore,
  nameIn,
  pairAssignment,
} from "./names.ts";
import { isHarmless, isName, looksRandom, readsAsWords } from "./random.ts";

/** A key that was found. Never holds the key. */
export interface Finding {
  /** What kind of key it looks like. */
  format: string;
  /** Index of its first character in the text that was given; undefined where it stands in something decoded. */
  at?: number;
  /** How it was wrapped, outermost first: `base64`, `JSON`. */
  inside: string[];
  /** What it is called, where that is what gave it away. */
  name?: string;
}

/** How deep wrappings are opened. */
const deepest = 3;
/** Longest text that is parsed as JSON, in characters: a longer one is searched as text only. */
const longestJson = 200_000;

/** A regular expression, as in `sed` and in tests. */
const isPattern = (value: string): boolean => /\\[()[\]{}.*+?|^$]/.test(value);

/** A text in letters that no key is drawn from, as a translation of "Forgot your password?" is. */
const isProse = (value: string): boolean =>
  (value.match(/[^\p{ASCII}\P{L}]/gu) ?? []).length > value.length / 2;

/** Whether a value that stands alone is a secret by the name it has, wherever that name comes from. */
function isNamedSecret(name: string, value: string): boolean {
  if (!isSecretName(name) || isHarmless(value) || isDigestOf(name, value) || isName(value)) return false;
  if (isProse(value)) return false;
  return (
    looksRandom(value) ||
    (!holdsName(name) && (value.length >= 12 || /[0-9]|(?:[^\w\s.:/@+-].*){2}/.test(value)))
  );
}

/**
 * Finds keys in a text: known formats, values of high entropy beside a name that says "secret", and both inside
 * base64 and JSON. Pure.
 * @param name what the text is called: a property, an environment variable
 */
export function detect(text: string, name = ""): Finding[] {
  return unique(search(text, name, [], deepest));
}

function search(text: string, name: string, inside: string[], depth: number): Finding[] {
  if (text.length < 8) return [];
  const place = (at: number) => (inside.length === 0 ? { at } : {});
  const found: Finding[] = [];
  const lower = text.toLowerCase();
  for (const format of formats) {
    if (!format.keywords.some((keyword) => lower.includes(keyword))) continue;
    for (const match of text.matchAll(format.pattern)) {
      const secret = match.slice(1).find((group) => group !== undefined) ?? match[0];
      if (format.verify?.(secret) === false) continue;
      found.push({ format: format.name, inside, ...place(match.index + match[0].lastIndexOf(secret)) });
    }
  }
  for (const { format, at } of listedKeys(text)) found.push({ format, inside, ...place(at) });
  const generic = { format: "value of high entropy with a secret's name", inside };
  if (found.length === 0 && isSecretName(name) && isWhole(name, text))
    found.push({ ...generic, name, ...place(0) });
  const add = (called: string, value: string, quoted: boolean, at: number) => {
    if (!isAssigned(called, value, quoted)) return;
    if (!found.some((other) => other.at !== undefined && other.at >= at && other.at < at + value.length))
      found.push({ ...generic, name: called, ...place(at) });
  };
  for (const match of [assignment, looseAssignment].flatMap((pattern) => [...text.matchAll(pattern)])) {
    const value = match[3] ?? match[4] ?? "";
    const called = nameBefore(text, match.index) + match[1];
    add(called, value, match[3] !== undefined, match.index + match[0].lastIndexOf(value));
  }
  for (const match of lineAssignments.flatMap((pattern) => [...text.matchAll(pattern)])) {
    const { name: called = "", value = "" } = match.groups ?? {};
    add(called, value, false, match.index + match[0].lastIndexOf(value));
  }
  if (lower.includes("value")) {
    for (const match of text.matchAll(pairAssignment)) {
      const { name: called = "", quoted, value = quoted ?? "" } = match.groups ?? {};
      add(called, value, quoted !== undefined, match.index + match[0].lastIndexOf(value));
    }
  }
  if (lower.includes("env") || lower.includes("arg")) {
    for (const match of text.matchAll(dockerVariable)) {
      const [all, called = "", value = ""] = match;
      if (isNamedSecret(called, value))
        found.push({ ...generic, name: called, ...place(match.index + all.indexOf(value)) });
    }
  }
  return depth === 0 ? found : [...found, ...opened(text, name, inside, depth)];
}

/** A value that stands alone under its name, as in a container's environment: people's passwords count too. */
const isWhole = (name: string, value: string): boolean =>
  isNamedSecret(name, value) ||
  (/pass(?:word|wd|phrase)?$|pwd$/i.test(name) &&
    !isHarmless(value) &&
    !isDigestOf(name, value) &&
    !isProse(value) &&
    !isName(value));

/** In running text only what looks drawn at random counts; without quotes, also not what looks like code. */
const isAssigned = (name: string, value: string, quoted: boolean): boolean =>
  isSecretName(name) &&
  !isDigestOf(name, value) &&
  // What has blanks is prose or code.
  !/\s/.test(value) &&
  looksRandom(value) &&
  !isProse(value) &&
  !isPattern(value) &&
  (quoted || !isMember(value));

/** A variable's property, as in code: of pieces that may have digits, but read as words. */
const isMember = (value: string): boolean =>
  /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+[,;]?$/.test(value) &&
  value.split(".").every((piece) => piece.length < 12 || readsAsWords(piece));

function opened(text: string, name: string, inside: string[], depth: number): Finding[] {
  const found: Finding[] = [];
  if (text.length <= longestJson) {
    for (const value of jsonStrings(text)) {
      found.push(...search(value.text, value.name, [...inside, "JSON"], depth - 1));
    }
  }
  for (const { as, text: inner, at, length } of encodedIn(text)) {
    // Where what is encoded is the whole value, the text in it has the value's name.
    const whole = length === text.trim().length ? name : "";
    for (const finding of search(inner, whole, [...inside, ...as], depth - 1)) {
      found.push(inside.length === 0 ? { ...finding, at } : finding);
    }
  }
  return found;
}

function jsonStrings(text: string): { name: string; text: string }[] {
  if (!/^\s*[[{"]/.test(text)) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON: its text has been searched as it is.
    return [];
  }
  return [...stringsOf(value)].map(({ name, text: inner }) => ({ name, text: inner }));
}

/** A text somewhere in a value. */
export interface Found {
  /** From the value's root, e.g. `spec.containers[0].env[2].value`. */
  path: string;
  /** What it is called there. */
  name: string;
  text: string;
}

/**
 * Every string and number in a value, keys included, with the name that tells what it is: of its property, of the environment
 * variable whose value it is, or of the option before it in a list of arguments.
 */
export function* stringsOf(value: unknown, path = "", name = ""): Generator<Found> {
  if (typeof value === "string") yield { path, name, text: value };
  else if (typeof value === "number") yield { path, name, text: digitsOf(value) };
  else if (Array.isArray(value)) {
    const words = value.filter((each) => typeof each === "string");
    // Of a command only the whole says what its words are. Not as JSON, which would be opened and found again.
    if (listedKey(words) !== undefined) yield { path, name: "", text: `command: ${JSON.stringify(words)}` };
    for (const [index, each] of value.entries()) {
      const before: unknown = value[index - 1];
      const option =
        typeof before === "string" && /^--?[A-Za-z]/.test(before) ? before.replace(/^-+/, "") : name;
      yield* stringsOf(each, `${path}[${index}]`, option);
    }
  } else if (typeof value === "object" && value !== null) {
    const object = value as Record<string, unknown>;
    for (const [key, each] of Object.entries(object)) {
      // A key may be a key: then the path must not show it.
      const shown = isKey(key) ? "<key>" : key;
      const inner = path === "" ? shown : `${path}.${shown}`;
      if (shown !== key) yield { path: `${inner} (the property's name)`, name: "", text: key };
      yield* stringsOf(each, inner, nameIn(name, object, key));
    }
  }
}

/** A number as it was written: YAML makes one of a password of digits. */
const digitsOf = (value: number): string =>
  Number.isInteger(value) ? BigInt(value).toString() : String(value);

const judgedNames = new Map<string, boolean>();

/** Whether the name of a property is itself a key. The same names come again and again. */
function isKey(name: string): boolean {
  const before = judgedNames.get(name);
  if (before !== undefined) return before;
  const found = detect(name).length > 0;
  judgedNames.set(name, found);
  return found;
}

function unique(findings: Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ format, at, inside }) => {
    const mark = `${format} ${at} ${inside.join("/")}`;
    if (seen.has(mark)) return false;
    seen.add(mark);
    return true;
  });
}
