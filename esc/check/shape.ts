import { suggestion } from "../../components/settings/faults.ts";
import type { Fault } from "./fault.ts";
import { type Importer, pinFault } from "./pins.ts";
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

function pinFaults(file: string, found: Import, importer?: Importer): Fault[] {
  const message = pinFault(found, importer);
  return message === undefined ? [] : [at(file, found, message)];
}

/** Faults in the structure of one environment: unknown keys, imports that are not allowed or not pinned. Pure. */
export function shapeFaults(importer: Importer, file: string, source: Source): Fault[] {
  const { environment } = importer;
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
  const pins = source.imports.flatMap((found) => pinFaults(file, found, importer));
  return [...values, ...keys, ...strangers, ...pins];
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
