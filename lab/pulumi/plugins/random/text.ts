import { randomBytes, randomInt } from "node:crypto";

export interface TextOptions {
  length: number;
  upper: boolean;
  lower: boolean;
  numeric: boolean;
  special: boolean;
  minUpper: number;
  minLower: number;
  minNumeric: number;
  minSpecial: number;
  /** Replaces the default special characters. */
  overrideSpecial: string;
}

const alphabets = {
  numeric: "0123456789",
  lower: "abcdefghijklmnopqrstuvwxyz",
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  special: "!@#$%&*()-_=+[]{}<>:?",
};

function pick(alphabet: string, count: number): string[] {
  const characters = [...alphabet];
  return Array.from({ length: count }, () => characters[randomInt(characters.length)] ?? "");
}

/** A random string with the given minimum of each kind of character, in random order. */
export function randomText(options: TextOptions): string {
  const special = options.overrideSpecial || alphabets.special;
  const all = [
    options.upper ? alphabets.upper : "",
    options.lower ? alphabets.lower : "",
    options.numeric ? alphabets.numeric : "",
    options.special ? special : "",
  ].join("");
  if (all === "") throw new Error("the character set specified is empty");
  const required = [
    ...pick(alphabets.numeric, options.minNumeric),
    ...pick(alphabets.lower, options.minLower),
    ...pick(alphabets.upper, options.minUpper),
    ...pick(special, options.minSpecial),
  ];
  return shuffle([...required, ...pick(all, options.length - required.length)]).join("");
}

/** Fisher–Yates, with the same random generator as the characters. */
function shuffle(items: string[]): string[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [items[last], items[other]] = [items[other] ?? "", items[last] ?? ""];
  }
  return items;
}

/** Random bytes in the four encodings of `RandomId`, and the id without prefix. */
export function randomId(length: number, prefix: string) {
  const bytes = randomBytes(length);
  const hex = bytes.toString("hex");
  return {
    id: bytes.toString("base64url"),
    b64Url: prefix + bytes.toString("base64url"),
    b64Std: prefix + bytes.toString("base64"),
    hex: prefix + hex,
    dec: prefix + BigInt(`0x${hex}`).toString(),
  };
}
