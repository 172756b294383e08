import { randomness } from "./words.ts";

/** Shannon entropy, bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const placeholder =
  /example|changeme|change-me|placeholder|dummy|redacted|your[-_ ]|(?<![a-z0-9])x{4,}|x{8,}|^\*{3}|\*{3}$|^\.{3}|\.{3}$|…|^(?:test|fake|sample|secret|password|passwd|token|none|null|undefined|true|false)$|^(.)\1+$|^0123456|^1234567|^abcdef/i;

/** Whether a text only stands where a key will stand. */
export const isPlaceholder = (text: string): boolean => placeholder.test(text);

/** Digests, versions, dates, numbers with units, addresses, public halves of keys: long and odd, and no secret. */
const harmless = [
  /^(?:sha(?:1|224|256|384|512)|md5)[-:]/i,
  /@sha256:[0-9a-f]{64}$/,
  /^v?\d+(?:\.\d+)+(?:[-+][\w.+-]+)?$/,
  /^\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+Z?)?$/,
  /^(?:\d{1,11}|\d+\.[\d.]*)(?:[KMGT]i?B?|m?s|h|d|m)?$/i,
  /^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-nistp\d+|AAAA[BCE])/,
  /^v1:[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/,
  // DER whose first part is a list (a certificate, a public key, an encrypted key) or a long number (RSA's public key);
  // that of a private key is a version number, see formats.ts.
  /^MII[A-Za-z0-9+/]{2}(?:[DTjz]|[AQgw]KC)|^M(?:FkwEwYHKoZIzj0|HYwEAYHKoZIzj0|CowBQYDK2V|IGfMA0GCSqG)/,
  /^LS0tLS1CRUdJTiB(?:DRVJUSUZJQ0|QVUJMSUMg)/,
  /^(?:\d{1,3}\.){3}\d{1,3}(?:[:/]\d+)?$/,
  // What marks a secret in Pulumi's wire format: the same for everyone.
  /^1b47061264138c4ac30d75fd1eb44270$/,
];

const word = /^(?:[a-z]+|[A-Z]?[a-z]+(?:[A-Z][a-z]*)*|[A-Z]+)\d{0,2}$|^[a-z]?\d{1,8}[a-z]{0,3}$/;

/**
 * Whether the letters of a text follow each other as in words. A short one has too few of them to tell, so it must be
 * clearly random to be none.
 */
export const readsAsWords = (text: string): boolean =>
  text.length < 8 || randomness(text) <= (text.length < 12 ? 2 : text.length < 20 ? -6 : -10);

/** A name made of words: `sophia-dev`, `gpu_1x_a10`, `postgres.data.svc`. */
export const isName = (text: string): boolean =>
  text.length < 128 &&
  text.split(/[-_.:/@+]/).every((part) => part === "" || word.test(part)) &&
  readsAsWords(text);

/** Whether a text cannot be a secret value itself, whatever it is called. */
export const isHarmless = (text: string): boolean =>
  text.length < 8 ||
  isPlaceholder(text) ||
  isReference(text) ||
  harmless.some((pattern) => pattern.test(text));

/** Whether a text looks drawn at random, as a key is: no words, no known harmless form, few characters twice. */
export function looksRandom(text: string): boolean {
  if (isHarmless(text) || isName(text) || entropy(text) < (text.length < 12 ? 3 : 2)) return false;
  if (/[A-Za-z]/.test(text) && /[0-9]/.test(text)) return true;
  if (/^[0-9]+$/.test(text)) return text.length >= 12;
  // Without a digit only a long text says enough, and punctuation as in code only with both cases.
  return (
    text.length >= 12 &&
    (/^\W*[A-Za-z+/_=-]{12,}\W*$/.test(text) || /[a-z].*[A-Z]|[A-Z].*[a-z]/.test(text)) &&
    !readsAsWords(text)
  );
}

/** Texts and patterns inside code. */
const literal = /(["'`])(?:(?!\1)[^\\\n]|\\.)*\1|(?<=[(,]\s*)\/(?:[^/\\\n]|\\.)+\/[a-z]*/g;
/** Arguments or an index, with none inside them, and no word behind them. */
const group = /(?<=[\w$\])>])(?:\(([^()[\]]*)\)|\[([^()[\]]*)\])(?=$|[.?!,;()[\]])/;
const chain = /^(?:await |new )?([A-Za-z_$"][\w$"]*(?:[?!]?\.#?[\w$]+)*)[!,;]*$/;

/** Words with a digit in them that code is full of. */
const terms = /sha\d+|base\d+|md5|x509|utf8|ed25519|k3s|k8s|oauth2|s3|b64/gi;

/** A call or an element, with nothing behind it: `readSecret("db")`, `z.string().min(1)`, `headers["x-token"]`. */
function isCall(text: string): boolean {
  let rest = text.replaceAll(literal, '""');
  let groups = 0;
  for (let match = group.exec(rest); match; match = group.exec(rest)) {
    const given = match[1] ?? match[2] ?? "";
    if (!given.split(",").every((each) => isArgument(each.trim()))) return false;
    rest = rest.slice(0, match.index) + rest.slice(match.index + match[0].length);
    groups += 1;
  }
  const name = chain.exec(rest)?.[1];
  if (groups === 0 || name === undefined || !readsAsWords(name)) return false;
  return isName(name) || !/\d/.test(name.replaceAll(terms, ""));
}

const isArgument = (text: string): boolean =>
  /\s|""|=>|^\{.*\}$/s.test(text) || isName(text) || isPlainWord(text);

const isPlainWord = (text: string): boolean => /^[\w.$?!]*$/.test(text) && !looksRandom(text);

/** A place that a value is put into later, with what stands inside it in a group. */
const hole =
  /\$\{\{?([^\d{}][^{}]*)\}\}?|\$\(([^()]*)\)|\{\{([^{}]*)\}\}|%\((\w+)\)s|^<([\w .|-]+)>$|\{([a-z_]+|[A-Z_]+)\}|(%[sdv])\b/g;

/** Whether what stands in such a place is an expression, and not a password that happens to have the brackets. */
const isExpression = (inside: string): boolean =>
  /^$|[\s"'`]/.test(inside) || isName(inside) || isCall(inside) || isPlainWord(inside);

/** A file: of words, or of short pieces in one case. Base64 that begins with a slash has longer and mixed ones. */
function isPath(text: string): boolean {
  if (!/^(?:\.{0,2}|~|@[\w-]+)\//.test(text)) return false;
  const plain = (part: string) =>
    isName(part) ||
    (/^[\w.@+:*-]{1,24}$/.test(part) && !(/[a-z]/.test(part) && /[A-Z]/.test(part) && /\d/.test(part)));
  return text.replace(/^~/, "").split("/").every(plain) && readsAsWords(text);
}

/** Whole values that only say where the value is. */
const shapes = [
  /^[a-z][a-z0-9+.-]*:\/\//i,
  /^%[A-Za-z_]+%$/,
  /^(?:process|env|secrets?|steps|inputs|vars)\.[\w$.?!-]+$/,
  /^[\w.-]+::$/,
];

/**
 * Whether a text only says where a value comes from: a path, an address, a variable, a call, a list of such or of names.
 * Brackets and punctuation alone do not make it one: generated passwords have them, too. Pure.
 */
export function isReference(text: string): boolean {
  if (shapes.some((shape) => shape.test(text)) || isPath(text) || isCall(text)) return true;
  // `$NAME` of a shell, `*anchor` of YAML, `.field` of a template.
  if (/^[$&*.#][A-Za-z_]/.test(text) && isName(text.slice(1))) return true;
  const rest = text.replaceAll(hole, (all, ...groups: unknown[]) => {
    const inside = groups.slice(0, 7).find((each) => typeof each === "string");
    return isExpression(String(inside ?? "").trim()) ? "" : all;
  });
  if (rest !== text) return rest.length < 8 || isHarmless(rest) || isName(rest);
  const pieces = text.split(/[\s,;]+/);
  if (pieces.length === 1) return false;
  if (/\s/.test(text)) return pieces.every((piece) => !looksRandom(bare(piece)));
  // In a list without blanks every piece is a name: a generated password has commas, too, and odd pieces between them.
  return bare(text).split(/[,;]/).every(isName) && readsAsWords(bare(text));
}

/** Without the quotes and brackets around it. */
const bare = (piece: string): string => piece.replaceAll(/^[[({<"'`]+|[\])}>"'`]+$/g, "");
