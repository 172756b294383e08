import { sep } from "node:path";
import { removeMachines } from "../../lab/machines/docker.ts";
import { endProcess, withVariable } from "../../lab/state/process.ts";
import { docker, type LabIdentity, labelArguments, labels, linesOf } from "../../tools/docker/docker.ts";
import { engineAnswers } from "../../tools/docker/engine/engine.ts";

/** Arguments that label a test's container, so that an interrupted run can find and remove it. */
export const testLabels = (folder: string): string[] => labelArguments({ name: "test", folder });

/**
 * Removes the containers, volumes and networks of tests that were interrupted and could not do it themselves.
 *
 * @param temporary folder of the test run: what is labelled with a folder in it belongs to the run
 * @returns names of what was removed
 */
export async function removeLeftovers(temporary: string): Promise<string[]> {
  if (!(await engineAnswers())) return [];
  const format = ["--format", `{{.Label "${labels.lab}"}}\t{{.Label "${labels.folder}"}}`];
  const lists = [
    ["ps", "--all"],
    ["volume", "ls"],
    ["network", "ls"],
  ];
  const found = new Map<string, LabIdentity>();
  for (const list of lists) {
    const { stdout } = await docker([...list, "--filter", `label=${labels.folder}`, ...format]);
    for (const line of linesOf(stdout)) {
      const [name = "", folder = ""] = line.split("\t");
      if (`${folder}${sep}`.startsWith(`${temporary}${sep}`)) found.set(line, { name, folder });
    }
  }
  const removed: string[] = [];
  for (const lab of found.values()) removed.push(...(await removeMachines(lab)));
  return removed;
}

/**
 * Ends the processes that an interrupted run left: a test may wait for a command in a process that a signal of vitest does
 * not reach. Those that removed labs need no longer, such as their servers, too. Only on systems with /proc.
 *
 * The machine's Docker engine is none of them, also where the run started it: it is started without TMPDIR. It is needed
 * afterwards, to remove containers, and `stopEngine` ends it unless another lab uses it.
 *
 * @param temporary folder of the test run, which is TMPDIR of all that it starts
 * @param graceSeconds how long each may take to end before it is killed
 */
export async function endLeftovers(temporary: string, graceSeconds = 60): Promise<number> {
  const left = await withVariable("TMPDIR", temporary);
  await Promise.all(left.map((id) => endProcess(id, graceSeconds)));
  return left.length;
}
