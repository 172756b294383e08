import { readFileSync } from "node:fs";

const prelude = readFileSync(new URL("prelude.sh", import.meta.url), "utf8");

/** A value as one word of a POSIX shell, whatever it contains. */
export function quote(value: string): string {
  if (value.includes("\0")) throw new Error("a shell word cannot hold a NUL character");
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Values for a script, by upper-case shell name. */
type Variables = Record<string, string | number | boolean>;

export interface ScriptSpec {
  /** Shown in the process list and in errors, e.g. `harden backend`. */
  title: string;
  /** Shell text that runs after the shared prelude. */
  body: string;
  variables: Variables;
  /** Seconds to wait for another exclusive script on the same host. Default: scripts may overlap. */
  exclusive?: number;
}

/** Seconds that the scripts of the program wait for each other: an install may take its whole deadline. */
export const lockTimeout = 900;

/**
 * The whole text that `bash -s` reads. Values, including secrets, are part of the text and so never in an argument list.
 * The body is a function, which is read whole before it starts, so that no command in it can consume the rest of the text.
 */
export function script({ title, body, variables, exclusive }: ScriptSpec): string {
  const assignments = Object.entries(variables).map(([name, value]) => {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw new Error(`${name} is not an upper-case shell name`);
    return `${name}=${quote(String(value))}`;
  });
  return [
    `# ${title.replaceAll(/\s+/g, " ")}`,
    ...assignments,
    prelude.trimEnd(),
    "main() {",
    ...(exclusive === undefined ? [] : [`exclusively ${exclusive}`]),
    body.trimEnd(),
    "finish",
    "}",
    "main </dev/null",
    "",
  ].join("\n");
}

/** Reads a shell file next to the module at `base`. */
export function shellFile(name: string, base: string): string {
  return readFileSync(new URL(name, base), "utf8");
}
