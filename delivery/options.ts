import { repository } from "../tools/repository.ts";
import { type Program, programIn } from "./stack/program.ts";
import { usage } from "./usage.ts";

/** What a command was given: its options, without the empty ones. */
export type Given = Record<string, string | boolean | undefined>;

/** @throws with the usage when it was not given */
export function need(given: Given, name: string): string {
  const value = given[name];
  if (typeof value !== "string") throw new Error(`--${name} is missing\n${usage}`);
  return value;
}

/** An option with a value; undefined where it was not given. */
export const optional = (given: Given, name: string): string | undefined => {
  const value = given[name];
  return typeof value === "string" ? value : undefined;
};

/** Seconds. @throws when it is no number of them */
export function deadlineIn(given: Given): number | undefined {
  const value = optional(given, "deadline");
  if (value === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(value))
    throw new Error(`--deadline=${value} is no number of seconds: give one such as --deadline=600`);
  return Number(value);
}

/** This checkout, for the stack that `--stack` names. */
export const programOf = (given: Given, signal?: AbortSignal): Program => ({
  ...programIn(repository, need(given, "stack")),
  signal,
});
