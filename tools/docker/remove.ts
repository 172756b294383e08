import { notYet, Unrecoverable, waitFor } from "../../components/core/wait.ts";
import { CommandFailed } from "../exec.ts";
import { docker, isMissing, linesOf } from "./docker.ts";

/** Seconds that a busy engine gets to end the processes of containers. */
const deadline = 120;

/**
 * The engine waits 10 s for a process that it killed, too short for a host with a whole cluster on a busy machine, and
 * refuses to remove what it is removing already. Both end by themselves.
 */
const isEnding = (line: string): boolean => /did not receive an exit event|already in progress/i.test(line);

/**
 * Removes containers with their anonymous volumes, whatever state they are in. Those that are not there are passed over;
 * for those that take long to end it waits.
 *
 * @throws CommandFailed where the engine refuses, WaitTimeout where a container has not ended after two minutes.
 */
export async function removeContainers(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const command = ["rm", "--force", "--volumes", ...names];
  const what = `the removal of ${names.join(", ")}`;
  await waitFor<true>({ what, deadline, interval: 1 }, async () => {
    const result = await docker(command, { allowFailure: true });
    if (result.code === 0) return true;
    const faults = linesOf(result.stderr).filter((line) => !isMissing(line));
    if (faults.length === 0) return true;
    if (faults.every(isEnding)) return notYet(faults.join("; "));
    throw new Unrecoverable(new CommandFailed("docker", command, result));
  });
}
