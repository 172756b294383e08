import { configKey, liveSecrets } from "../../components/settings/environment/uses.ts";
import type { Fault } from "./fault.ts";
import { missingKeys, type Output, outputFaults, outputs } from "./outputs.ts";
import { bare, type Expression, inside, type Range, type Report, references, within } from "./report.ts";
import { shapeFaults, stackFaults } from "./shape.ts";
import { readSource } from "./source.ts";

/** The input of the check. */
export interface Material {
  /** Texts of the environments in git, by name. */
  environments: Record<string, string>;
  /** Texts of the stack files, by stack; not of stacks that live without an account. */
  stacks: Record<string, string>;
  /** The evaluator's report on each environment in git, with every secret of the list set. */
  reports: Record<string, Report>;
  /** The same with only the required ones set. */
  sparse: Record<string, Report>;
}

const fileOf = (environment: string) => `esc/${bare(environment)}.yaml`;

/** All faults of the environments; empty when the stacks get exactly what the program reads. Pure. */
export function judge({ environments, stacks, reports, sparse }: Material): Fault[] {
  const faults: Fault[] = [];
  const all = [reports, sparse]
    .flatMap(Object.values<Report>)
    .flatMap(({ exprs }) => Object.values(exprs ?? {}).flatMap((top) => [...within(top)]));
  const referred = all.flatMap(references);
  const stages = Object.keys(stacks);
  for (const [environment, text] of Object.entries(environments)) {
    const report = reports[environment];
    const source = readSource(text);
    faults.push(...shapeFaults({ environment, stages, environments }, fileOf(environment), source));
    if (!report) continue;
    for (const { environment: where, line, column, message } of report.diagnostics) {
      faults.push({ file: fileOf(where), line, column, message });
    }
    faults.push(...withoutOptional(report, sparse[environment]));
    if (environment === defaults) faults.push(...defaultFaults(report));
    const stage = environment.replace(/^sophia\//, "");
    faults.push(...inOutputs(environment, report, stage));
    faults.push(...valuesInGit(report), ...unused(report, referred));
    faults.push(...idleImports(environment, [report, sparse[environment]], source.imports, reports));
  }
  for (const [stack, text] of Object.entries(stacks)) {
    const source = readSource(text, "environment");
    faults.push(...stackFaults(stack, `Pulumi.${stack}.yaml`, source));
    const report = reports[`sophia/${stack}`];
    if (report?.properties) faults.push(...missing(stack, report));
    else if (!report) {
      faults.push({
        file: `Pulumi.${stack}.yaml`,
        line: 1,
        column: 1,
        message: `${fileOf(`sophia/${stack}`)} does not exist; create it like those of the other stacks`,
      });
    }
  }
  faults.push(...unreachable(environments, stacks));
  return distinct(faults);
}

/** Faults that occur only while the optional secrets are not set. */
function withoutOptional(full: Report, sparse: Report | undefined): Fault[] {
  const known = new Set(full.diagnostics.map((one) => JSON.stringify(one)));
  return (sparse?.diagnostics ?? [])
    .filter((one) => !known.has(JSON.stringify(one)))
    .map(({ environment, line, column, message }) => ({
      file: fileOf(environment),
      line,
      column,
      message: `${message}, while it is not set: give it the default "" in ${fileOf(defaults)}`,
    }));
}

/** The environment with the defaults of optional secrets. */
const defaults = "sophia/defaults";
const optional = new Set([...liveSecrets.values()].flatMap(({ required, path }) => (required ? [] : [path])));

function defaultFaults({ exprs }: Report): Fault[] {
  return Object.entries(exprs ?? {}).flatMap(([area, { object }]) =>
    Object.entries(object ?? {}).flatMap(([key, { range, literal }]) => {
      const path: string = `${area}.${key}`;
      if (!optional.has(path as `${string}.${string}`)) {
        return [place(range, `${path} is not an optional secret that is in use; remove its default`)];
      }
      return literal === "" ? [] : [place(range, `the default of ${path} must be "", which means not set`)];
    }),
  );
}

const place = (range: Range, message: string): Fault => ({
  file: fileOf(range.environment ?? ""),
  line: range.begin.line,
  column: range.begin.column,
  message,
});

function inOutputs(environment: string, report: Report, stage: string): Fault[] {
  const keyRange = (output: Output, key: string) => report.exprs?.[output]?.keyRanges?.[key];
  const own = (output: Output, key: string) =>
    keyRange(output, key) !== undefined ||
    // A map that is a reference is defined where it refers to.
    (report.exprs?.[output] !== undefined && report.exprs[output].object === undefined);
  return outputFaults(report, stage, own).flatMap(({ output, key, message }) => {
    const range = (key && keyRange(output, key)) || report.exprs?.[output]?.range;
    return range ? [place({ ...range, environment }, message)] : [];
  });
}

/** Values do not belong in git, not even encrypted. A rotator stores its state, a secret, in the environment that has it. */
function valuesInGit({ exprs }: Report): Fault[] {
  return Object.values(exprs ?? {})
    .flatMap((top) => [...within(top)])
    .flatMap(({ builtin }) => {
      if (builtin?.name !== "fn::secret" && !builtin?.name.startsWith("fn::rotate")) return [];
      const what = builtin.name === "fn::secret" ? "a secret's value" : "a rotator, whose state is a secret,";
      return [
        place(builtin.nameRange, `${what} does not belong in git; move it to the environment with -secrets`),
      ];
    });
}

/** Values that are neither an output nor used by one. */
function unused({ exprs }: Report, referred: Range[]): Fault[] {
  return Object.entries(exprs ?? {})
    .filter(([name]) => !(outputs as readonly string[]).includes(name))
    .filter(([, { range }]) => !referred.some((reference) => inside(reference, range)))
    .map(([name, { range }]) => place(range, `${name} is not used; use it or remove it`));
}

/** Imports without an effect: none of their values is used, and they have no outputs. */
function idleImports(
  environment: string,
  own: (Report | undefined)[],
  imports: ReturnType<typeof readSource>["imports"],
  reports: Record<string, Report>,
): Fault[] {
  const tops = own.flatMap((report): Expression[] => Object.values(report?.exprs ?? {}));
  const referred = tops.flatMap((top) => [...within(top)].flatMap(references));
  const used = new Set(referred.map((range) => bare(range.environment ?? "")));
  return imports
    .filter(({ name }) => !used.has(name))
    .filter(({ name }) => !outputs.some((output) => reports[name]?.properties?.[output]))
    .filter(({ name }) => reports[name] !== undefined || name.endsWith("-secrets"))
    .map(({ name, line, column }) => ({
      file: fileOf(environment),
      line,
      column,
      message: `${name} is not used; remove the import`,
    }));
}

function missing(stack: string, report: Report): Fault[] {
  return missingKeys(report).map(({ name, secret }) => {
    const environment = `sophia/${secret.scope === "company" ? "base" : stack}`;
    return {
      file: fileOf(environment),
      line: 1,
      column: 1,
      message: `stack ${stack} does not get ${configKey(name)}; write \`${configKey(name)}: \${${secret.path}}\` under values.pulumiConfig`,
    };
  });
}

/** Files that no stack imports. */
function unreachable(environments: Record<string, string>, stacks: Record<string, string>): Fault[] {
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const { name: next } of readSource(environments[name] ?? "").imports) visit(next);
  };
  for (const stack of Object.keys(stacks)) visit(`sophia/${stack}`);
  return Object.keys(environments)
    .filter((name) => !seen.has(name))
    .map((name) => ({
      file: fileOf(name),
      line: 1,
      column: 1,
      message: `no stack uses ${name}; import it or remove the file`,
    }));
}

/** Each fault once, in the order of files: an environment is evaluated for each environment that imports it. */
function distinct(faults: Fault[]): Fault[] {
  const seen = new Map(faults.map((fault) => [JSON.stringify(fault), fault]));
  return [...seen.values()].sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
  );
}
