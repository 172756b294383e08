import type { Lab } from "./lab.ts";

/** What helps against an error that says only what happened. */
export function advice(message: string, lab: Pick<Lab, "folder" | "cache">): string | undefined {
  if (/ENOSPC|no space left on device/i.test(message)) {
    return `The disk is full. Free some space (see \`df -h ${lab.folder} ${lab.cache}\`) and run the command again: what was finished is kept.`;
  }
  return undefined;
}
