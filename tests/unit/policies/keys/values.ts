import { Draw } from "../../../policies/bench/manifests/random.ts";
import { alnum, digits, lower, pick, random, upper } from "./draw.ts";

/** Punctuation of generated passwords: all that Pulumi's RandomPassword and common password managers use. */
const symbols = "!@#$%&*()-_=+[]{}<>:?^,.;|~/";

/** What generators of passwords and keys draw from, by what people call it. */
export const alphabets = {
  "letters and digits": alnum,
  "small letters and digits": lower + digits,
  letters: lower + upper,
  "small letters": lower,
  "capital letters": upper,
  digits,
  hexadecimal: `${digits}abcdef`,
  base32: `${upper}234567`,
  base64: `${alnum}+/`,
  base64url: `${alnum}-_`,
  "with punctuation": alnum + symbols,
} as const;

/** Lengths of generated values, in characters. */
export const lengths = [12, 16, 20, 24, 32, 40] as const;

// A value that is drawn anew may, however seldom, be one that the detector takes for words: a test must not fail by chance.
const always = new Draw(20);

/** The alphabets whose values need no quotes. */
const plain = Object.values(alphabets).filter((alphabet) => !/[^\w+/-]/.test(alphabet));

/** A generated value without punctuation: only its name tells what it is. The same in each run, unless `draw` is given. */
export const genericValue = (draw = always): string => draw.text(draw.one(plain), draw.one(lengths));

/** A password with punctuation anywhere, at its ends too, and each kind of character at least once. */
export function symbolValue(length = 20): string {
  for (;;) {
    const value = pick(alnum + symbols, length);
    if ([/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].every((kind) => kind.test(value))) return value;
  }
}

/** Passwords that begin, end, or are sprinkled with what a path, a variable, a list or a call has. */
export const awkwardValues = (): string[] => [
  ...[...symbols].flatMap((symbol) => [`${symbol}${random(18)}`, `${random(18)}${symbol}`]),
  ...["()", "[]", "{}", "<>", ", ", "; ", "$(", "::", "=>", "->", "?.", "//", "%s", "...", "***"].map(
    (piece) => random(8) + piece.trim() + random(8),
  ),
  `/${random(12)}/${random(12)}/${random(12)}`,
];
