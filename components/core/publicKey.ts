/** An OpenSSH public key without its comment: type and base64. Two keys are the same key when these are equal. */
export const withoutComment = (publicKey: string): string =>
  publicKey.trim().split(/\s+/).slice(0, 2).join(" ");
