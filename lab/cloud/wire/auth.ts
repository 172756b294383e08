import { createHash, timingSafeEqual } from "node:crypto";
import { AccountInactive, Forbidden, InvalidApiKey } from "../backend/errors.ts";
import type { Account } from "../store/state.ts";

/** The API key in an `Authorization` header: `Bearer <key>`, `Basic <key>` or `Basic base64(<key>:)`. */
export function keyIn(header: string | undefined): string | undefined {
  const [scheme, value] = (header ?? "").trim().split(/\s+/, 2);
  if (!value) return undefined;
  if (scheme?.toLowerCase() === "bearer") return value;
  if (scheme?.toLowerCase() !== "basic") return undefined;
  const decoded = Buffer.from(value, "base64").toString("utf8");
  return decoded.endsWith(":") ? decoded.slice(0, -1) : value;
}

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Whether a key is one of the account's; compared in constant time. */
export const isKey = (candidate: string, keys: readonly string[]): boolean =>
  keys.some((key) => timingSafeEqual(digest(key), digest(candidate)));

/** Authenticates a request, or refuses it with Lambda's text. All keys are of one account. */
export function authorise(
  header: string | undefined,
  keys: readonly string[],
  standing: Account["standing"],
  operation: string,
): void {
  if (header === undefined) throw new InvalidApiKey("No API key was provided.");
  const key = keyIn(header);
  if (key === undefined || !isKey(key, keys)) throw new InvalidApiKey();
  if (standing === "inactive") throw new AccountInactive();
  if (standing === "forbidden" && (operation === "listInstances" || operation === "getInstance"))
    throw new Forbidden();
}
