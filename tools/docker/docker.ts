import { CommandFailed, type RunOptions, type RunResult, run } from "../exec.ts";

/** Labels on everything that a lab makes in the engine: nothing without them is ever touched. */
export const labels = {
  /** Name of the lab. */
  lab: "ai.sophia.lab",
  /** Folder of the lab: tells labs of the same name in two checkouts apart. */
  folder: "ai.sophia.lab.folder",
  /** Instance id of a machine. */
  machine: "ai.sophia.lab.machine",
} as const;

/** Which lab something belongs to; `Lab` of lab/lab.ts is one. */
export interface LabIdentity {
  name: string;
  folder: string;
}

/** Runs the `docker` command. */
export const docker = (args: string[], options: RunOptions = {}): Promise<RunResult> =>
  run("docker", args, options);

/** Arguments that label what is made as belonging to `lab`. */
export const labelArguments = (lab: LabIdentity): string[] => [
  "--label",
  `${labels.lab}=${lab.name}`,
  "--label",
  `${labels.folder}=${lab.folder}`,
];

/** Arguments that select what belongs to `lab`, and to no other. */
export const labFilter = (lab: LabIdentity): string[] => [
  "--filter",
  `label=${labels.lab}=${lab.name}`,
  "--filter",
  `label=${labels.folder}=${lab.folder}`,
];

type Kind = "container" | "image" | "network" | "volume";

/** What the engine knows of one thing, or undefined where there is none of that name. */
export async function inspect<T>(kind: Kind, name: string): Promise<T | undefined> {
  const result = await docker([kind, "inspect", name], { allowFailure: true });
  if (result.code === 0) return (JSON.parse(result.stdout) as T[])[0];
  if (isMissing(result.stderr)) return undefined;
  throw new CommandFailed("docker", [kind, "inspect", name], result);
}

/** Whether the engine's refusal says that the thing is not there. */
export const isMissing = (stderr: string): boolean => /no such|not found/i.test(stderr);

/** Lines of an output, without empty ones. */
export const linesOf = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");
