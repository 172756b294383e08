import { digest } from "../components/core/digest.ts";

/** A name of at most `limit` characters: one that is truncated ends in a digest of the whole, so that it stays unique. */
export function physicalName(parts: readonly string[], limit = 64): string {
  const name = parts.join("-");
  if (name.length <= limit) return name;
  return `${name.slice(0, limit - 9)}-${digest(name, 8)}`;
}
