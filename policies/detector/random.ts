import { isReference } from "./references.ts";

/** Shannon entropy, bits a character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const placeholder =
  /example|changeme|change-me|placeholder|dummy|redacted|your[-_ ]|xxxx|^\*{3}|\*{3}$|^\.{3}|\.{3}$|…|^(?:test|fake|sample|secret|password|passwd|token|none|null|undefined|true|false)$|^(.)\1+$|^0123456|^1234567|^abcdef/i;

/** Whether a text only stands where a key will stand. */
export const isPlaceholder = (text: string): boolean => placeholder.test(text);

/** Digests, versions, dates, numbers with units, addresses, public halves of keys: long and odd, and no secret. */
const harmless = [
  /^(?:sha(?:1|224|256|384|512)|md5)[-:]/i,
  /@sha256:[0-9a-f]{64}$/,
  /^v?\d+(?:\.\d+)+(?:[-+][\w.+-]+)?$/,
  /^\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+Z?)?$/,
  /^[\d.]+(?:[KMGT]i?B?|m?s|h|d|m)?$/i,
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

const word = /^(?:[a-z]+|[A-Z]?[a-z]+(?:[A-Z][a-z]*)*|[A-Z]+)\d{0,2}$|^\d{1,4}$|^[a-z]?\d+[a-z]{0,3}$/;

/** A name made of words: `sophia-dev`, `gpu_1x_a10`, `postgres.data.svc`. */
export const isName = (text: string): boolean =>
  text.length < 64 &&
  !jumbled(text) &&
  !motley(text, 3) &&
  text.split(/[-_.:/@+]/).every((part) => part === "" || (word.test(part) && !isScrambled(part)));

/** Whether letters change their case more often than in any word or in camel case. */
export const isScrambled = (part: string): boolean => part.length >= 8 && turns(part) > part.length / 4;

/**
 * Whether all kinds of characters and so many kinds of punctuation are in one text, with little between them: names have
 * fewer of them, or longer words, as `pulumi-nodejs:dynamic/k3s:Drain` has.
 */
export const motley = (text: string, kinds: number): boolean =>
  text.length >= 16 &&
  [/[a-z]/, /[A-Z]/, /[0-9]/].every((kind) => kind.test(text)) &&
  new Set(text.replaceAll(/[A-Za-z0-9]/g, "")).size >= kinds &&
  text.length / text.split(/[^A-Za-z0-9]/).length < 5.5;

/** Whether a text cannot be a secret value itself, whatever it is called. */
export const isHarmless = (text: string): boolean =>
  text.length < 8 ||
  isPlaceholder(text) ||
  isReference(text) ||
  harmless.some((pattern) => pattern.test(text));

/** Whether a text looks drawn at random, as a key is: letters and digits mixed, no words, no known harmless form. */
export function looksRandom(text: string): boolean {
  if (isHarmless(text) || isName(text)) return false;
  if (!/[A-Za-z]/.test(text) || !/[0-9]/.test(text)) return jumbled(text);
  return entropy(text) >= 3;
}

/** Long, and upper and lower case in turns, as random letters have them and camel case has not. */
const jumbled = (text: string): boolean =>
  text.length >= 20 && /[A-Z]/.test(text) && turns(text) >= text.length / 6 && entropy(text) >= 3.8;

/** How often a small letter is followed by a capital, or capitals by a small letter. */
const turns = (text: string): number => text.match(/[a-z][A-Z]|[A-Z]{2,}[a-z]/g)?.length ?? 0;
