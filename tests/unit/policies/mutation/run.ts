/**
 * Breaks every rule of the policy pack in every small way, one at a time, and tells which breaks its cases did not
 * notice. `node tests/unit/policies/mutation/run.ts [<part of a file's name>]` prints them as JSON.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { formats } from "../../../../policies/detector/formats.ts";
import type { Rule, StackRule } from "../../../../policies/engine/rule.ts";
import { rules } from "../../../../policies/rules/index.ts";
import { noHardCodedKeys } from "../../../../policies/rules/secrets/noHardCodedKeys.ts";
import { stackRules } from "../../../../policies/rules/stack/index.ts";
import { failures } from "../cases/check.ts";
import { stackCases, stackFailures } from "../cases/stack.ts";
import { repository } from "../fixtures.ts";
import { plantedKeys } from "../keys.ts";
import { checks } from "./checks.ts";
import { Mutants, sourcesUnder } from "./modules.ts";
import { mutantsOf } from "./operators.ts";

/** What a run found. */
export interface Outcome {
  /** How many breaks were tried, by file. */
  tried: Record<string, number>;
  /** Breaks that no case noticed: file, line and change. */
  survived: string[];
}

const pack = join(repository, "policies");
const inRules = (file: string) => file.startsWith(join(pack, "rules")) && !file.endsWith("/index.ts");
const isRule = (value: unknown): value is Rule | StackRule =>
  typeof value === "object" && value !== null && "judge" in value && "name" in value;
const isOfStack = (rule: Rule | StackRule): rule is StackRule => rule.name in stackCases;
const failuresOf = (rule: Rule | StackRule): string[] =>
  isOfStack(rule) ? stackFailures(rule) : failures(rule as Rule);

/** Whether the cases of what some modules export go wrong; something that breaks down counts, too. */
const noticed = (modules: Record<string, unknown>[]): boolean =>
  modules.some((module) => {
    try {
      if (Object.values(module).some((each) => isRule(each) && failuresOf(each).length > 0)) return true;
      return Object.entries(module).some(([name, made]) => checks[name]?.(made) === false);
    } catch {
      return true;
    }
  });

/** What is broken beside the rules, and where what it exports is checked. */
const beside = ["engine/pods.ts", "engine/exceptions.ts", "detector/names.ts"];
const isChecked = (file: string) =>
  inRules(file) || [...beside, "detector/detect.ts"].includes(relative(pack, file));

async function mutateSources(wanted: string, outcome: Outcome): Promise<void> {
  const mutants = new Mutants(pack);
  const files = [
    ...sourcesUnder(join(pack, "rules")).filter(inRules),
    ...beside.map((name) => join(pack, name)),
  ];
  for (const file of files.filter((each) => each.includes(wanted))) {
    const name = relative(repository, file);
    const all = mutantsOf(file, readFileSync(file, "utf8"));
    outcome.tried[name] = all.length;
    const whole = await mutants.load(file, readFileSync(file, "utf8"), isChecked);
    if (noticed(whole)) throw new Error(`${name} fails its cases before anything in it is broken`);
    for (const { source, line, what } of all) {
      // A module that cannot even be loaded is noticed by everyone.
      const loaded = await mutants.load(file, source, isChecked).catch(() => undefined);
      if (loaded && !noticed(loaded)) outcome.survived.push(`${name}:${line}: ${what}`);
    }
  }
}

/** Each rule that never refuses, and each that always does; each key format that is not known any more. */
function mutateWhole(outcome: Outcome): void {
  for (const rule of [...rules, ...stackRules]) {
    const always = { path: "", resource: "", message: "always" };
    for (const [what, judge] of [
      ["never refuses", () => []],
      ["always refuses", () => [always]],
    ] as const) {
      outcome.tried[rule.name] = (outcome.tried[rule.name] ?? 0) + 1;
      if (!noticed([{ rule: { ...rule, judge } }])) outcome.survived.push(`${rule.name}: ${what}`);
    }
  }

  const keys = plantedKeys();
  for (const format of formats) {
    outcome.tried.formats = (outcome.tried.formats ?? 0) + 1;
    const { pattern } = format;
    format.pattern = /(?!)/g;
    const lost = keys.some((key) => key.format === format.name) && noticed([{ noHardCodedKeys }]);
    format.pattern = pattern;
    if (!lost) outcome.survived.push(`format ${format.name}: not known any more`);
  }
}

const outcome: Outcome = { tried: {}, survived: [] };
const [wanted = ""] = process.argv.slice(2);
if (wanted === "") mutateWhole(outcome);
await mutateSources(wanted, outcome);
process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
