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
import { plantedKeys } from "../keys/planted.ts";
import { checks } from "./checks.ts";
import { engineChecks } from "./engine.ts";
import { heuristics } from "./heuristics.ts";
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
  typeof value === "object" && value !== null && "evaluate" in value && "name" in value;
const isOfStack = (rule: Rule | StackRule): rule is StackRule => rule.name in stackCases;
const failuresOf = (rule: Rule | StackRule): string[] =>
  isOfStack(rule) ? stackFailures(rule) : failures(rule as Rule);

/** Whether the cases of what some modules export go wrong; something that breaks down counts, too. */
async function noticed(modules: Record<string, unknown>[]): Promise<boolean> {
  for (const module of modules) {
    try {
      if (Object.values(module).some((each) => isRule(each) && failuresOf(each).length > 0)) return true;
      for (const [name, made] of Object.entries(module))
        if ((await checks[name]?.(made)) === false) return true;
    } catch {
      return true;
    }
  }
  return false;
}

/** Files besides the rules that are broken, and whose exports are checked. */
const beside = [
  "engine/pods.ts",
  "engine/exceptions.ts",
  "engine/subjects.ts",
  "engine/cloudNativePg.ts",
  "detector/names.ts",
];
/** Broken and checked, too, but not checked again for each rule that it imports. */
const wiring = "pack.ts";
const isChecked = (file: string) =>
  inRules(file) || [...beside, "detector/detect.ts", "scan.ts"].includes(relative(pack, file));

// One for all: a second one would be given modules that the first one broke.
const mutants = new Mutants(pack);

async function mutateSources(wanted: string, outcome: Outcome): Promise<void> {
  const files = [
    ...sourcesUnder(join(pack, "rules")).filter(inRules),
    ...[...beside, wiring].map((name) => join(pack, name)),
  ];
  for (const file of files.filter((each) => relative(repository, each).includes(wanted))) {
    const name = relative(repository, file);
    const all = mutantsOf(file, readFileSync(file, "utf8"));
    outcome.tried[name] = all.length;
    const wantedModule = (each: string) => each === file || isChecked(each);
    const whole = await mutants.load(file, readFileSync(file, "utf8"), wantedModule);
    if (await noticed(whole)) throw new Error(`${name} fails its cases before anything in it is broken`);
    for (const { source, line, what } of all) {
      // A module that cannot even be loaded is noticed by everyone.
      const loaded = await mutants.load(file, source, wantedModule).catch(() => undefined);
      if (loaded && !(await noticed(loaded))) outcome.survived.push(`${name}:${line}: ${what}`);
    }
  }
}

/** Whether a check holds. One that breaks down, even behind its own back, or that waits for nothing, does not. */
function holds(check: () => boolean | Promise<boolean>): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (value: boolean) => {
      process.off("uncaughtException", fail).off("beforeExit", fail);
      resolve(value);
    };
    const fail = () => settle(false);
    process.on("uncaughtException", fail).on("beforeExit", fail);
    Promise.resolve().then(check).then(settle, fail);
  });
}

/** The engine's other files, each checked by itself. */
async function mutateEngine(wanted: string, outcome: Outcome): Promise<void> {
  for (const [name, check] of Object.entries(engineChecks)) {
    const file = join(pack, name);
    if (!relative(repository, file).includes(wanted)) continue;
    const text = readFileSync(file, "utf8");
    const survives = (source: string) =>
      holds(async () => {
        const [made] = await mutants.load(file, source, (each) => each === file);
        return check(made as never);
      });
    if (!(await survives(text)))
      throw new Error(`policies/${name} fails its check before anything in it is broken`);
    const all = mutantsOf(file, text);
    outcome.tried[`policies/${name}`] = all.length;
    for (const { source, line, what } of all)
      if (await survives(source)) outcome.survived.push(`policies/${name}:${line}: ${what}`);
  }
}

/** Each heuristic of the key detector, broken on purpose: most small changes of a threshold prove nothing there. */
async function breakHeuristics(outcome: Outcome): Promise<void> {
  for (const { file, from, to } of heuristics) {
    const source = readFileSync(join(pack, file), "utf8");
    if (!source.includes(from)) throw new Error(`policies/${file} has no \`${from}\`: update heuristics.ts`);
    if (await noticed(await mutants.load(join(pack, file), source, isChecked)))
      throw new Error(`policies/${file} fails its cases before anything in it is broken`);
    outcome.tried[`policies/${file}`] = (outcome.tried[`policies/${file}`] ?? 0) + 1;
    const loaded = await mutants.load(join(pack, file), source.replace(from, to), isChecked);
    if (!(await noticed(loaded))) outcome.survived.push(`policies/${file}: ${from} → ${to}`);
  }
}

/** Each rule that never refuses, and each that always does; each key format that is not known any more. */
async function mutateWhole(outcome: Outcome): Promise<void> {
  for (const rule of [...rules, ...stackRules]) {
    const always = { path: "", resource: "", message: "always" };
    for (const [what, evaluate] of [
      ["never refuses", () => []],
      ["always refuses", () => [always]],
    ] as const) {
      outcome.tried[rule.name] = (outcome.tried[rule.name] ?? 0) + 1;
      if (!(await noticed([{ rule: { ...rule, evaluate } }]))) outcome.survived.push(`${rule.name}: ${what}`);
    }
  }

  const keys = plantedKeys();
  for (const format of formats) {
    outcome.tried.formats = (outcome.tried.formats ?? 0) + 1;
    const { pattern } = format;
    format.pattern = /(?!)/g;
    const lost = keys.some((key) => key.format === format.name) && (await noticed([{ noHardCodedKeys }]));
    format.pattern = pattern;
    if (!lost) outcome.survived.push(`format ${format.name}: not known any more`);
  }
}

const outcome: Outcome = { tried: {}, survived: [] };
const [wanted = ""] = process.argv.slice(2);
if (wanted === "") await mutateWhole(outcome);
if (wanted === "" || wanted === "heuristics") await breakHeuristics(outcome);
await mutateEngine(wanted, outcome);
await mutateSources(wanted, outcome);
process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
