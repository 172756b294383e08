/** Removes secrets from text that goes into an error. Empty secrets are ignored. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length > 0) clean = clean.replaceAll(secret, "[secret]");
  return clean;
}
