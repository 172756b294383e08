import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { readEvents } from "./events.ts";
import type { Plan } from "./plan.ts";
import { listPrices } from "./prices.ts";
import { render } from "./render.ts";
import { summarise } from "./summarise.ts";
import { withoutKeys } from "./withoutKeys.ts";

/** Files that a plan is written to. */
export interface PlanFiles {
  /** Markdown, for people. */
  comment?: string | undefined;
  /** JSON, for `node delivery/cli.ts comment`. */
  plan?: string | undefined;
}

/** The end of a preview. */
export interface Ended {
  stack: string;
  offline: boolean;
  /** Exit code of the CLI. */
  code: number;
  /** Standard error of the CLI; shown when it failed before the engine wrote an event. */
  stderr: string;
  /** Resources that hold no data yet, see `createdBy`. */
  created?: ReadonlySet<string> | undefined;
}

/** The plan in an event log. A CLI that failed early has not written one. */
export async function planOutcome(log: string, ended: Ended): Promise<Plan> {
  const { stack, offline, code, stderr, created } = ended;
  const text = await readFile(log, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" && code !== 0) return "";
    throw error;
  });
  const circumstances = { stack, offline, succeeded: code === 0, prices: listPrices, created };
  const plan = summarise(readEvents(text), circumstances);
  if (code === 0 || plan.messages.length > 0 || plan.policies.verdicts.length > 0) return plan;
  return {
    ...plan,
    messages: [{ severity: "error", resource: "", text: withoutKeys(stderr.trim()).slice(-4000) }],
  };
}

/** Writes the plan to the files that are asked for, and makes their folders. */
export async function describePlan(plan: Plan, { comment, plan: json }: PlanFiles): Promise<void> {
  const write = async (file: string | undefined, text: string) => {
    if (!file) return;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  };
  await write(comment, render(plan));
  await write(json, `${JSON.stringify(plan)}\n`);
}
