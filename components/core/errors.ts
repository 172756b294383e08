/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Why a request failed: `fetch` hides the reason in the cause of its error. */
export const causeOf = (error: unknown): string =>
  messageOf(error instanceof Error && error.cause instanceof Error ? error.cause : error);

/** Whatever was thrown, as an error: for APIs that accept nothing else. */
export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
