import { createHash } from "node:crypto";

/** Names of the models, by what they do. */
export const models = { chat: "lab-echo", embedding: "lab-words" } as const;

/** Numbers of a vector, unless fewer are asked for. */
export const dimensions = 64;

/** Repeats the question, one token a word. Pure. @param most tokens of the answer */
export function answerTo(
  question: string,
  most = Number.POSITIVE_INFINITY,
): { text: string; tokens: number; cut: boolean } {
  const words = `You said: ${question}`.split(/\s+/).filter((word) => word !== "");
  const said = words.slice(0, most);
  return { text: said.join(" "), tokens: said.length, cut: said.length < words.length };
}

/** A vector of length 1 that counts words by their digest: texts with common words are near each other. Pure. */
export function vectorOf(text: string, size = dimensions): number[] {
  const counts = Array.from({ length: size }, () => 0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [""]) {
    const place = createHash("sha256").update(word).digest().readUInt32BE(0) % size;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const length = Math.hypot(...counts);
  return counts.map((count) => count / length);
}
