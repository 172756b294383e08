import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { repository } from "../../../../tools/repository.ts";

/** A step of a job. */
export interface Step {
  id?: string;
  name?: string;
  uses?: string;
  run?: string;
  if?: string;
  with?: Record<string, unknown>;
  "timeout-minutes"?: number;
}
interface Concurrency {
  group: string;
  "cancel-in-progress"?: boolean;
  queue?: string;
}
export interface Job {
  uses?: string;
  needs?: string;
  if?: string;
  /** Inputs of the workflow that it calls. */
  with?: Record<string, unknown>;
  env?: Record<string, string>;
  strategy?: { matrix: Record<string, unknown> };
  steps?: Step[];
  permissions?: Record<string, string>;
  environment?: string;
  concurrency?: Concurrency;
  "timeout-minutes"?: number;
}
export interface Workflow {
  name: string;
  on: Record<string, unknown>;
  permissions: unknown;
  concurrency?: Concurrency;
  jobs: Record<string, Job>;
}

/** Workflows and actions. */
export const folder = join(repository, ".github");
export const names = (await readdir(join(folder, "workflows"))).sort();
/** A file below `.github`. */
export const text = (path: string) => readFile(join(folder, path), "utf8");
/** By file name. */
export const workflows = new Map<string, Workflow>();
for (const name of names) workflows.set(name, parse(await text(`workflows/${name}`)) as Workflow);
