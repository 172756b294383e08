import type { Lab } from "../lab.ts";

/** A remedy for errors that name only the cause. */
export function advice(message: string, lab: Pick<Lab, "folder" | "cache">): string | undefined {
  if (/ENOSPC|no space left on device/i.test(message)) {
    return `The disk is full. Free some space (see \`df -h ${lab.folder} ${lab.cache}\`) and run the command again: finished steps are kept.`;
  }
  return undefined;
}
