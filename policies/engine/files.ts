import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Exception, parseExceptions } from "./exceptions.ts";
import type { PolicySettings } from "./rule.ts";

const pack = join(import.meta.dirname, "..");
const settingsSchema = z.strictObject({
  production: z.array(z.string()),
  registries: z.array(z.string().endsWith("/")),
  adminPortsFromAnywhere: z.array(z.string()),
  plainPodNetwork: z.array(z.string()),
});

const read = (name: string): unknown => parse(readFileSync(join(pack, name), "utf8"));

/**
 * `settings.yaml` of the pack.
 * @throws with all that is wrong with it.
 */
export function readSettings(): PolicySettings {
  const parsed = settingsSchema.safeParse(read("settings.yaml"));
  if (!parsed.success)
    throw new Error(`policies/settings.yaml cannot be used:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** `exceptions.yaml` of the pack, or the file that `POLICY_EXCEPTIONS` names: a test has its own. */
export function readExceptions(ruleNames: readonly string[], today: string): Exception[] {
  const own = process.env.POLICY_EXCEPTIONS;
  return parseExceptions(own ? parse(readFileSync(own, "utf8")) : read("exceptions.yaml"), ruleNames, today);
}
