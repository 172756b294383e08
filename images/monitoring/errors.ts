// components/core/errors.ts has the same: an image's programs can import nothing from outside of it.

/**
 * The message of whatever was thrown; never empty. A connection to a name with several addresses fails with an error that
 * has no message, but one for each address: then it is the first one's.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== "") return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return "code" in error ? String(error.code) : error.name;
}
