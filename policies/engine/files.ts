import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Exception, parseExceptions } from "./exceptions.ts";
import type { PolicySettings } from "./rule.ts";

const pack = join(import.meta.dirname, "..");
const settingsSchema = z.strictObject({
  production: z.array(z.string()),
  registries: z.array(z.string().includes("/")),
  adminPortsFromAnywhere: z.array(z.string()),
  plainPodNetwork: z.array(z.string()),
});

const read = (name: string): unknown => parse(readFileSync(join(pack, name), "utf8"));

/**
 * `settings.yaml` of the pack.
 * @throws with everything that is wrong with it
 */
export function readSettings(): PolicySettings {
  const parsed = settingsSchema.safeParse(read("settings.yaml"));
  if (!parsed.success)
    throw new Error(`policies/settings.yaml cannot be used:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/**
 * `exceptions.yaml` of the pack.
 * @throws with everything that is wrong with it
 */
export const readExceptions = (ruleNames: readonly string[], today: string): Exception[] =>
  parseExceptions(read("exceptions.yaml"), ruleNames, today);

/** Exceptions of the scan, each for one name in one file. */
const scanSchema = z.array(
  z.looseObject({
    resource: z.string().regex(/^[^#]+#(?!.*\/\*$)./, "must be <file>#<name>, and not end in /*"),
  }),
);

/**
 * Reads what the scan of the repository lets pass.
 * @throws with everything that is wrong with it
 */
export function parseScanExceptions(data: unknown, ruleNames: readonly string[], today: string): Exception[] {
  const parsed = scanSchema.safeParse(data ?? []);
  if (!parsed.success)
    throw new Error(`policies/scan.yaml cannot be used:\n${z.prettifyError(parsed.error)}`);
  return parseExceptions(data, ruleNames, today, "scan.yaml");
}

/**
 * `scan.yaml`: what the scan of the repository lets pass, by file and name.
 * @throws with everything that is wrong with it
 */
export const readScanExceptions = (ruleNames: readonly string[], today: string): Exception[] =>
  parseScanExceptions(read("scan.yaml"), ruleNames, today);
