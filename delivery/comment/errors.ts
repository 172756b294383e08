/** Escape sequences for a terminal's colours. */
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, "g");

/** Text without a terminal's colours. */
export const withoutColours = (text: string): string => text.replaceAll(colours, "");

/** A frame of a stack trace, or what stands for some; ends with ` {` where the error's properties follow. */
const frame =
  /^\s+(?:at .+:\d+:\d+\)?|at .*(?:<anonymous>|native)\)?|\.{3} \d+ lines matching cause stack trace \.{3})( \{)?$/;
const cause = /^\s*\[(?:cause|errors)\]: /;
/** The mark that Node's inspector puts before an object which refers to itself. */
const circular = /<ref \*\d+> /g;

/**
 * An error as a person reads it: its message and those of its causes. Without the stack traces, the properties of the
 * error object that Node's inspector prints after them, and the nesting that Pulumi's SDK wraps around an error. Pure.
 */
export function readableError(message: string): string {
  const lines = withoutColours(message)
    .replaceAll(/(error serializing property "[^"]*": )+/g, "")
    .replaceAll(circular, "")
    .split("\n");
  const kept: string[] = [];
  /** Whether the line is one of the inspected properties, and whether it belongs to a cause's message. */
  let inProperties = false;
  let inCause = false;
  for (const line of lines) {
    const [isFrame, opens] = frame.exec(line) ?? [];
    if (isFrame !== undefined) {
      inProperties ||= opens !== undefined;
      inCause = false;
    } else if (!inProperties) {
      kept.push(line);
    } else if (line === "}") {
      inProperties = false;
    } else if (cause.test(line)) {
      kept.push(line.replace(cause, "caused by: "));
      inCause = true;
    } else if (inCause) {
      kept.push(line);
    }
  }
  return kept.join("\n");
}

/**
 * Errors that the program could not report to the engine: Pulumi's SDK then prints them to standard error, as `original
 * message: … message severity: error`, after the reason. Pure.
 *
 * @param lines lines of standard error, in order
 * @returns the errors; all of the text when none is marked as one
 */
export function undeliveredErrors(lines: readonly string[]): string[] {
  const text = lines.map((line) => withoutColours(line).replace(/\n+$/, "")).join("\n");
  const [, ...reports] = text.split(/^original message: /m);
  const errors = reports.flatMap((report) => {
    const [, message = "", severity] = /^([\s\S]*?)\n\s*message severity: (\w+)/.exec(report) ?? [];
    return severity === "error" ? [readableError(message)] : [];
  });
  if (errors.length > 0) return [...new Set(errors)];
  return text.trim() === "" ? [] : [readableError(text)];
}
