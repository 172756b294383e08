import { isUtf8 } from "node:buffer";
import { parseAllDocuments } from "yaml";
import { looksRandom } from "../../policies/detector/random.ts";

/** A secret of a lab, by where it came from. Its value never goes into a message. */
export interface Secret {
  name: string;
  value: string;
}

/** Shorter texts are in too many places by chance. Characters. */
const shortest = 16;

/** A kubeconfig in base64, with keys in base64 inside. */
const deepest = 4;

const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----\s[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/g;

/** What every key of OpenSSH begins with. */
const alike = /^b3BlbnNzaC1rZXk/;

/** Hashes of secrets, which restart what uses them, names, and the identity of the cluster: they went with a secret, and are none. */
const notSecret = /(?:hash|checksum|username|clusterId)$/i;

/**
 * Base64 of any text that has this one in it: three, for it may begin at each byte of a group of three. Without what
 * depends on its neighbours.
 */
function inBase64(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].map((from) => {
    const whole = bytes.subarray(from, bytes.length - ((bytes.length - from) % 3));
    return whole.toString("base64");
  });
}

/** Lines that tell one private key from all others, however its line ends are written: its first, and a middle one. */
function linesOf(key: string): string[] {
  const body = key.split("\n").filter((line) => /^[A-Za-z0-9+/=]+$/.test(line.trim()));
  const [first = "", middle = ""] = [body[0], body[Math.floor(body.length / 2)]];
  return [...new Set([first, middle].map((line) => line.trim()))].filter(
    (line) => line !== "" && !alike.test(line),
  );
}

/** What to look for: a text as it is, and in base64. Of a PEM file two of its lines. */
export function formsOf(value: string): string[] {
  const texts = value.startsWith("-----BEGIN ") ? linesOf(value) : [value];
  return texts.flatMap((text) => [text, ...inBase64(text)]);
}

/** Names of the secrets that stand in a text in the clear. */
export const foundIn = (text: string, secrets: Secret[]): string[] => [
  ...new Set(
    secrets.filter(({ value }) => formsOf(value).some((form) => text.includes(form))).map(({ name }) => name),
  ),
];

/** What YAML or JSON says, if it says more than one text. */
function structureIn(text: string): unknown[] {
  const documents = parseAllDocuments(text, { logLevel: "silent" });
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return [];
  const values: unknown[] = documents.map((each) => each.toJS());
  return values.filter((each) => typeof each === "object" && each !== null);
}

/** Texts in a value, by name. */
function* leavesOf(value: unknown, name: string): Generator<Secret> {
  if (typeof value === "string") yield { name, value };
  else if (typeof value === "object" && value !== null)
    for (const [key, each] of Object.entries(value)) yield* leavesOf(each, `${name}.${key}`);
}

/** The text that base64 as a whole stands for, if it is one. */
function decoded(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/\s]{16,}={0,2}\s*$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  const plain = isUtf8(bytes) ? bytes.toString() : "";
  return /[^\P{Cc}\t\n\r]/u.test(plain) || plain === "" ? undefined : plain;
}

/** The password in an address, as it is written there. */
const passwordIn = (text: string): string | undefined =>
  /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/i.exec(text)?.[1];

/**
 * What is looked for of a secret: private keys, texts of one line that look random, passwords in addresses; in the value
 * itself, in every text of it where it is YAML or JSON, and in what base64 stands for. Shorter texts, texts that read
 * as words, and other texts of several lines are left out: they would be found by chance.
 */
function* partsOf({ name, value }: Secret, depth = 0): Generator<Secret> {
  const text = value.trim();
  if (notSecret.test(name) || depth > deepest) return;
  const keys = text.match(privateKey);
  for (const key of keys ?? []) yield { name, value: key };
  if (!text.includes("\n") && text.length >= shortest && looksRandom(text)) yield { name, value: text };
  const password = passwordIn(text);
  if (password !== undefined) yield* partsOf({ name: `${name} password`, value: password }, depth + 1);
  const inside = decoded(text);
  if (inside !== undefined) yield* partsOf({ name, value: inside }, depth + 1);
  for (const structure of structureIn(text))
    for (const leaf of leavesOf(structure, name)) yield* partsOf(leaf, depth + 1);
}

/** What is looked for of all secrets, each text once under each name. */
export function searched(secrets: Secret[]): Secret[] {
  const parts = secrets.flatMap((each) => [...partsOf(each)]);
  return [...new Map(parts.map((each) => [`${each.name}\n${each.value}`, each])).values()];
}
