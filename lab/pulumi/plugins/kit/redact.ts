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
