import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const hash = (text: string) => createHash("sha256").update(text).digest();

/**
 * Checks `Authorization: Bearer …` against the tokens in a file. The file is read at each check, so that a rotated
 * Secret works without a restart; comparison takes the same time for every token.
 */
export function bearerCheck(file: string | undefined): (header: string | undefined) => boolean {
  if (file === undefined) return () => true;
  return (header) => {
    const given = hash(/^Bearer (.+)$/.exec(header ?? "")?.[1] ?? "");
    const tokens = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "");
    return tokens.map((token) => timingSafeEqual(hash(token.trim()), given)).includes(true);
  };
}
