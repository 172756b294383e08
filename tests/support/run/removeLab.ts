import { rm } from "node:fs/promises";
import { messageOf } from "../../../components/core/errors.ts";
import { files, type Lab } from "../../../lab/lab.ts";
import { endHolder } from "../../../lab/state/lock.ts";

/**
 * Removes the lab of a test run. A command that a test started, such as `make up`, survives an interrupt of vitest and
 * holds the lab's lock: it is ended first.
 *
 * @param down runs `lab/cli.ts down` on this lab and returns its exit code
 * @param graceSeconds how long an interrupted command may take to end before it is killed
 * @returns why the lab is still there; undefined when it was removed
 */
export async function removeLab(
  lab: Lab,
  down: () => Promise<number>,
  say: (line: string) => void,
  graceSeconds = 60,
): Promise<string | undefined> {
  const byHand = `the lab ${lab.name} was not removed; remove it with: LAB=${lab.name} make down`;
  try {
    // Twice: a worker of vitest can start one more command while the first is ended.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const ended = await endHolder(files(lab).lock, graceSeconds);
      if (ended)
        say(`ended \`make ${ended.command}\` (process ${ended.pid}), which was using the lab ${lab.name}`);
      if ((await down()) === 0) {
        await rm(lab.folder, { recursive: true, force: true });
        return undefined;
      }
    }
    return byHand;
  } catch (error) {
    return `${byHand}\n${messageOf(error)}`;
  }
}
