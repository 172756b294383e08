/** What Estuary says of a live spec, as its GraphQL API has it. */
interface LiveStatus {
  type: string;
  summary: string;
  controller?:
    | {
        activation?:
          | { lastFailure?: { message: string; fields: Record<string, unknown> } | undefined }
          | undefined;
      }
    | undefined;
}

/** That shards failed: such a summary has at most times, and the cause is elsewhere. */
const causeless = /\bshards? (?:are )?failed\b/i;

/**
 * The state in capitals, and Estuary's words with the cause of a failure. The last failure is kept also of a task that
 * runs again, or fails for another reason, so it counts only where the summary says that shards failed. Pure.
 */
export function statusOf({ type, summary, controller }: LiveStatus): { type: string; summary: string } {
  const state = type.toUpperCase();
  const failure = controller?.activation?.lastFailure;
  if (state !== "ERROR" || !failure || !causeless.test(summary)) return { type: state, summary };
  const { error } = failure.fields;
  return { type: state, summary: `${summary}: ${typeof error === "string" ? error : failure.message}` };
}

/** Before the record that a failed validation quotes. */
export const quoted = /"?document"?:\s*(?=\{)/;

/** Estuary's words on one line, without the record that they may quote, nor other values. Pure. */
export function sayable(summary: string): string {
  const [head = ""] = summary.replaceAll("\0", "").replaceAll(/\s+/g, " ").split(quoted);
  return head.trim().slice(0, 500);
}
