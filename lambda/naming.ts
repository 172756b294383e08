import { createHash } from "node:crypto";

/** A name of at most `limit` characters: one that is cut short ends in a digest of the whole, so that it stays unique. */
export function physicalName(parts: readonly string[], limit = 64): string {
  const name = parts.join("-");
  if (name.length <= limit) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, limit - 9)}-${digest}`;
}
