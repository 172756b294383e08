/** Removes secrets from text that goes into an error: the key itself, and Jupyter's tokens. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length > 0) clean = clean.replaceAll(secret, "[secret]");
  return clean
    .replace(/("jupyter_(?:token|url)"\s*:\s*")[^"]*"/g, '$1[secret]"')
    .replace(/([?&]token=)[^"&\s]+/g, "$1[secret]");
}
