/**
 * How unlikely a letter is after another one in words of English and of identifiers, in bits; a row for the letter
 * before, a digit for the letter after it. Printed by `tests/policies/bench/letterPairs.ts`.
 */
const pairs = [
  "45344565477545548434565999", // first letter
  "85448759596343959342567869", // a
  "37663978457278389446399959", // b
  "39683993594489279463599979", // c
  "47751869299666479547579969", // d
  "47436569799553857234957579", // e
  "39773399299497399455499959", // f
  "47792854399564479346489979", // g
  "29882997399868399574599969", // h
  "56455559998452369543959796", // i
  "49991999698889398929376999", // j
  "57761678399685669937497989", // k
  "37852789399389379955479949", // l
  "25762999398658339959599989", // m
  "48433639497686479733669979", // n
  "66558669696442549355465988", // o
  "38873975498399359354499979", // p
  "88888999799488779799087989", // q
  "38552769396755379544568959", // r
  "59492794396687448842477969", // s
  "39682884299678469445597959", // t
  "54554669599343849333999899", // u
  "39791959299979499978899999", // v
  "29873693398794389448997899", // w
  "47483798399859629872899769", // x
  "55584679489543429634885986", // y
  "39881798389687489869798977", // z
];

/** What a name pays, in bits, where it goes from one word to the next: random text does so all the time. */
const cost = {
  capital: 5,
  afterCapitals: 2,
  number: 6,
  digit: Math.log2(10),
  afterNumber: 2,
  separator: 5,
  other: 9,
};

/** Terms with digits in them, and the words that names of secrets are made of: none of them is chance. */
const terms = new RegExp(
  [
    "sha\\d+|base\\d+|md5|x509|utf8|ed25519|k[38]s|oauth2|s3|b64|ipv[46]|gpu_\\d+x|a100|h100|sxm\\d|80gb",
    "password|secret|token|access|login|private|public|signing|account|credential|service|server|cluster|gateway",
    "aws_|_id$|_key|api[-_]?key|postgres|redis|lambda|sophia|snowflake|hubspot|github|kubernetes|nginx|weaviate|grafana",
  ].join("|"),
  "gi",
);
/** Abbreviations inside camel case. */
const abbreviations = /Api|Mcp|Gpu|Ssh|Tls|Jwt|Sql|Url|Dns|Http/g;
/** Bits that a term costs: there are about that many of them. */
const term = 7;

const isLower = (code: number) => code >= 97 && code <= 122;
const isUpper = (code: number) => code >= 65 && code <= 90;
const isDigit = (code: number) => code >= 48 && code <= 57;
const indexOf = (code: number) => (code | 32) - 97;
const pair = (row: number, code: number): number => (pairs[row]?.charCodeAt(indexOf(code)) ?? 57) - 48;

/** Bits that one character costs in a text of words. */
function bitsOf(code: number, before: number, earlier: number): number {
  if (isDigit(code)) return cost.digit + (isDigit(before) ? 0 : cost.number);
  if (!isLower(code) && !isUpper(code))
    return "-_./:@".includes(String.fromCharCode(code)) ? cost.separator : cost.other;
  const continues = isLower(code) ? isLower(before) || isUpper(before) : isUpper(before);
  if (continues) {
    const leaves = isLower(code) && isUpper(before) && isUpper(earlier);
    return pair(indexOf(before) + 1, code) + (leaves ? cost.afterCapitals : 0);
  }
  return pair(0, code) + (isDigit(before) ? cost.afterNumber : isLower(before) ? cost.capital : 0);
}

const kinds: [RegExp, number][] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[-_]/, 2],
  [/[^\w-]/, 20],
];

/** Bits that each character costs in random text of the alphabet that a text seems to have. */
function randomBits(text: string): number {
  if (/^[0-9a-f]+$/i.test(text)) return /[a-f]/i.test(text) ? 4 : cost.digit;
  return Math.log2(kinds.reduce((sum, [kind, size]) => sum + (kind.test(text) ? size : 0), 0));
}

/**
 * How much sooner a text is random than made of words, in bits: 10 says that chance makes it a thousand times as often.
 * Pure.
 */
export function randomness(text: string): number {
  let bits = 0;
  const counted = () => {
    bits += term;
    return "";
  };
  const rest = text.replaceAll(terms, counted).replaceAll(abbreviations, counted);
  let [before, earlier] = [0, 0];
  for (let at = 0; at < rest.length; at += 1) {
    const code = rest.charCodeAt(at);
    bits += bitsOf(code, before, earlier);
    [earlier, before] = [before, code];
  }
  return bits - text.length * randomBits(text);
}
