import { quote } from "../shell/script.ts";

/**
 * Runs the script on standard input as root. The deadline is enforced on the host, too: a script must not outlive the
 * connection that waits for it.
 *
 * @param deadline Seconds.
 */
export function commandLine(title: string, deadline: number): string {
  return `exec sudo -n -- timeout --kill-after=15 ${deadline} bash -s -- ${quote(title)}`;
}
