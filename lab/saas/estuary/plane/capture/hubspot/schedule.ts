const minute = 60_000;

/** Whether a field of a cron expression names a number: `*`, `5`, `1-5`, steps of these, and lists. */
function names(field: string, value: number): boolean {
  return field.split(",").some((part) => {
    const [range = "", step = "1"] = part.split("/");
    const [from, to = from] = range === "*" ? [0, 59] : range.split("-").map(Number);
    if (from === undefined || to === undefined || ![from, to, Number(step)].every(Number.isInteger))
      throw new Error(`the lab's plane does not know ${part} in a cron expression`);
    return value >= from && value <= to && (value - from) % Number(step) === 0;
  });
}

/**
 * Whether a minute that a cron expression names (UTC) began after `since`, until `now`. Milliseconds since 1970. Throws
 * for expressions that name days.
 */
export function isDue(schedule: string, since: number, now: number): boolean {
  const [minutes = "", hours = "", ...days] = schedule.trim().split(/\s+/);
  if (days.join() !== "*,*,*") throw new Error(`the lab's plane knows daily schedules, not ${schedule}`);
  // A day has all of them.
  const first = Math.max(since, now - 24 * 60 * minute);
  for (let at = Math.floor(now / minute) * minute; at > first; at -= minute) {
    const date = new Date(at);
    if (names(minutes, date.getUTCMinutes()) && names(hours, date.getUTCHours())) return true;
  }
  return false;
}
