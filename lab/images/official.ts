import { CommandFailed } from "../exec.ts";
import { docker } from "../machines/engine/docker.ts";

let answer: Promise<boolean> | undefined;

/** Whether the registry of Docker's official images answers from here. Asked once a run; a no takes 10 s at most. */
export function officialImagesReachable(): Promise<boolean> {
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
