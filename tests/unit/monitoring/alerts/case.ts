/** When an alert fires, and when not. */
export interface AlertCase {
  alert: string;
  /** Values by series in promtool's notation, one a minute. */
  series: Record<string, string>;
  /** Minute at which it fires first. */
  at: number;
  /** Labels beside the severity. */
  labels?: Record<string, string>;
  /** The sentence that people read. */
  summary: string;
  /** The same series when all is well; the alert must not fire within an hour. */
  well: Record<string, string>;
}

/** The same value for two hours. */
export const always = (value: number): string => `${value}+0x120`;
