/**
 * Seconds that `Retry-After` asks to wait, which may be a number or a date; undefined where it says neither. The same as
 * in `components/core/http`, which is not in the pipeline's image.
 */
export function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const due = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  // By the server's own clock, where it sends one.
  const now = Date.parse(headers.get("date") ?? "");
  const seconds = (due - (Number.isNaN(now) ? Date.now() : now)) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
