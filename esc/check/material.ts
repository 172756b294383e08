import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Question } from "./report.ts";
import { type Filled, valueEnvironments } from "./stubs.ts";

/** The stack of the lab, which needs no account and generates its secrets. */
const withoutAccount = "local";

/** What is in git: environments by name, stack files by stack. */
export interface Checkout {
  environments: Record<string, string>;
  stacks: Record<string, string>;
}

/** Reads `esc/` and the stack files of a checkout. */
export async function readCheckout(folder: string): Promise<Checkout> {
  const collect = async (within: string, pattern: RegExp, name: (match: string) => string) => {
    const found: [string, string][] = [];
    for (const file of (await readdir(join(folder, within))).sort()) {
      const match = pattern.exec(file)?.[1];
      if (match) found.push([name(match), await readFile(join(folder, within, file), "utf8")]);
    }
    return Object.fromEntries(found);
  };
  const environments = await collect("esc/sophia", /^(.+)\.ya?ml$/, (name) => `sophia/${name}`);
  const stacks = await collect(".", /^Pulumi\.(.+)\.yaml$/, (name) => name);
  delete stacks[withoutAccount];
  return { environments, stacks };
}

/** The evaluator's input: the environments in git, with stubs for those that are not in git. Pure. */
export function questionOf({ environments, stacks }: Checkout, filled: Filled = "all"): Question {
  return {
    environments: { ...valueEnvironments(Object.keys(stacks), filled), ...environments },
    evaluate: Object.keys(environments),
  };
}
