import { isObject, Secret, type Value } from "./values.ts";

/** Every string inside a secret: none of them may appear in messages. */
export function secretTexts(value: Value, inSecret = false): string[] {
  if (value instanceof Secret) return secretTexts(value.value, true);
  if (typeof value === "string") return inSecret ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => secretTexts(item, inSecret));
  return isObject(value) ? Object.values(value).flatMap((item) => secretTexts(item, inSecret)) : [];
}

/**
 * Replaces secrets in a message, whole and line by line. Strings under 3 characters and lines under 8 are kept: they
 * occur by chance in every message, and replacing them would make it unreadable.
 */
export function redact(message: string, secrets: string[]): string {
  const hidden = secrets.flatMap((secret) => [
    ...(secret.trim().length >= 3 ? [secret.trim()] : []),
    ...secret.split("\n").flatMap((line) => (line.trim().length >= 8 ? [line.trim()] : [])),
  ]);
  return [...new Set(hidden)]
    .sort((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, "[secret]"), message);
}
