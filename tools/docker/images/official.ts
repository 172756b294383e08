import type { BuildContext } from "../../artefacts/artefact.ts";
import { CommandFailed } from "../../exec.ts";
import { docker } from "../docker.ts";

let answer: Promise<boolean> | undefined;

/** Whether the registry of Docker's official images answers from here. Asked once a run; a no takes 10 s at most. */
function officialImagesReachable(): Promise<boolean> {
  answer ??= docker(["manifest", "inspect", "debian:12-slim"], {
    allowFailure: true,
    signal: AbortSignal.timeout(10_000),
  }).then(
    ({ code }) => code === 0,
    (error: Error) => {
      if (error instanceof CommandFailed || error.cause) return false;
      throw error;
    },
  );
  return answer;
}

/** Pulls a published image; false where that cannot be, and the lab's own has to do. */
export async function pullOfficial(
  reference: string,
  { log, signal }: Pick<BuildContext, "log" | "signal">,
): Promise<boolean> {
  if (!(await officialImagesReachable())) return false;
  const result = await docker(["pull", reference], { onLine: log, signal, allowFailure: true });
  if (result.code !== 0) log(`cannot pull ${reference}, making the lab's own: ${result.stderr.trim()}`);
  return result.code === 0;
}
