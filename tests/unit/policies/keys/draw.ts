import { randomBytes } from "node:crypto";

/** Random characters of an alphabet. */
export const pick = (alphabet: string, length: number): string =>
  Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join("");

export const lower = "abcdefghijklmnopqrstuvwxyz";
export const upper = lower.toUpperCase();
export const digits = "0123456789";
export const alnum = lower + upper + digits;
export const hex = (length: number) =>
  randomBytes(Math.ceil(length / 2))
    .toString("hex")
    .slice(0, length);
export const base64 = (text: string) => Buffer.from(text).toString("base64");
/** A piece that always has both letters and digits, as keys have. */
export const random = (length: number) => `k7${pick(alnum, length - 4)}3x`;
/** Makes something at the first call: RSA keys take long. */
export function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
