/** Shannon entropy, bits a character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const placeholder =
  /example|changeme|change-me|placeholder|dummy|redacted|your[-_ ]|xxxx|\*\*\*|\.\.\.|…|^<.*>$|^\$|\{\{|\$\{|%[sd({]|^(?:test|fake|sample|secret|password|passwd|token|none|null|undefined|true|false)$|^(.)\1+$|^0123456|^1234567|^abcdef/i;

/** Whether a text only stands where a key will stand. */
export const isPlaceholder = (text: string): boolean => placeholder.test(text);

/** Digests, versions, dates, numbers with units, addresses: what is long and odd and no secret. */
const harmless = [
  /^(?:sha(?:1|224|256|384|512)|md5)[-:]/i,
  /@sha256:[0-9a-f]{64}$/,
  /^v?\d+(?:\.\d+)+(?:[-+][\w.+-]+)?$/,
  /^\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+Z?)?$/,
  /^[\d.]+(?:[KMGT]i?B?|m?s|h|d|m)?$/i,
  /^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-nistp\d+|AAAA[BCE])/,
  /^v1:[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/,
  /^MII[BCDEFGH]/,
  /^LS0tLS1CRUdJTiB(?:DRVJUSUZJQ0|QVUJMSUMg)/,
  /^(?:\d{1,3}\.){3}\d{1,3}(?:[:/]\d+)?$/,
];

/** A reference to a value that stands elsewhere: a path, an address, an expression. */
const reference =
  /^(?:[./~]|[a-z][a-z0-9+.-]*:\/\/|[$<{%&*]|process\.|env\.|secrets?\.)|[(){}[\];,\s]|=>|->|\?\.|::$/;

const word = /^(?:[a-z]+|[A-Z]?[a-z]+(?:[A-Z][a-z]*)*|[A-Z]+)\d{0,2}$|^\d{1,4}$|^[a-z]?\d+[a-z]{0,3}$/;

/** A name made of words: `sophia-dev`, `gpu_1x_a10`, `postgres.data.svc`. */
export const isName = (text: string): boolean =>
  text.length < 64 && text.split(/[-_.:/@+]/).every((part) => part === "" || word.test(part));

/** Whether a text cannot be a secret value itself, whatever it is called. */
export const isHarmless = (text: string): boolean =>
  text.length < 8 ||
  isPlaceholder(text) ||
  reference.test(text) ||
  harmless.some((pattern) => pattern.test(text));

/** Whether a text looks drawn at random, as a key is: letters and digits mixed, no words, no known harmless form. */
export function looksRandom(text: string): boolean {
  if (isHarmless(text) || isName(text)) return false;
  if (!/[A-Za-z]/.test(text) || !/[0-9]/.test(text))
    return text.length >= 24 && mixed(text) && entropy(text) >= 4;
  return entropy(text) >= 3;
}

/** Upper and lower case in turns, as base64 has them and camel case has not. */
const mixed = (text: string): boolean =>
  (text.match(/[a-z][A-Z]|[A-Z]{2,}[a-z]/g)?.length ?? 0) >= text.length / 6 && /[A-Z]/.test(text);
