import { suggestion } from "../../components/settings/parse.ts";
import type { Fault } from "./fault.ts";
import type { Import, Source } from "./source.ts";

/** Top-level keys of an environment. */
const topLevel = ["description", "imports", "values"];

const at = (file: string, { line, column }: { line: number; column: number }, message: string): Fault => ({
  file,
  line,
  column,
  message,
});

const stageOf = (environment: string) => environment.replace(/^sophia\//, "").replace(/-secrets$/, "");

function pinFaults(file: string, found: Import): Fault[] {
  const { name, pin } = found;
  if (pin === undefined) return [];
  const pinned = `${name} is pinned to @${pin}`;
  if (name.endsWith("-secrets")) {
    return [at(file, found, `${pinned}: a rotated value would not be read; import it without a pin`)];
  }
  if (pin === "stable") return [];
  return [at(file, found, `${pinned}, a revision that is not in git; the only allowed tag is @stable`)];
}

/** Faults in the structure of one environment: unknown keys, imports that are not allowed. Pure. */
export function shapeFaults(environment: string, file: string, source: Source): Fault[] {
  const keys = source.keys
    .filter(({ text }) => !topLevel.includes(text))
    .map((key) =>
      at(file, key, `${key.text} is not a top-level key of an environment${suggestion(key.text, topLevel)}`),
    );
  const strangers = source.imports
    .filter(({ name }) => name.endsWith("-secrets") && stageOf(name) !== stageOf(environment))
    .map((found) =>
      at(
        file,
        found,
        `${found.name} is not for ${environment}: import sophia/${stageOf(environment)}-secrets, or sophia/base`,
      ),
    );
  const values = environment.endsWith("-secrets")
    ? [
        at(
          file,
          { line: 1, column: 1 },
          `${environment} holds values: remove the file from git, and rotate the values in it`,
        ),
      ]
    : [];
  return [...values, ...keys, ...strangers, ...source.imports.flatMap((found) => pinFaults(file, found))];
}

/** Faults in the `environment:` list of a stack file. Pure. */
export function stackFaults(stack: string, file: string, { keys, imports }: Source): Fault[] {
  const wanted = `sophia/${stack}`;
  const key = keys.find(({ text }) => text === "environment") ?? { line: 1, column: 1 };
  const pins = imports.flatMap((found) => pinFaults(file, found));
  if (imports.length === 0) {
    return [
      at(file, key, `the stack has no environment, and so no secrets; write \`environment: [${wanted}]\``),
    ];
  }
  const others = imports
    .filter(({ name }) => name !== wanted)
    .map((found) =>
      at(file, found, `the stack's only environment is ${wanted}; add ${found.name} to its imports`),
    );
  const missing = imports.some(({ name }) => name === wanted)
    ? []
    : [at(file, key, `the stack does not name its environment ${wanted}`)];
  return [...missing, ...others, ...pins];
}
