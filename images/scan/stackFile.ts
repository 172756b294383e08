import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse } from "yaml";
import type { BuildSettings } from "../../components/images/families.ts";
import { type Settings, settingsSchema } from "../../components/settings/schema.ts";
import { imagesSettings } from "../../components/settings/sections/images.ts";
import { repository } from "../../tools/repository.ts";

interface StackFile {
  /** File name, for messages. */
  name: string;
  /** Settings by key, without the project's name. */
  config: Record<string, unknown>;
}

/** @param file another stack file than `Pulumi.<stack>.yaml` of this checkout */
async function read(stack: string, file: string): Promise<StackFile> {
  const path = file || join(repository, `Pulumi.${stack}.yaml`);
  const { config } = parse(await readFile(path, "utf8")) as { config: Record<string, unknown> };
  const entries = Object.entries(config).map(([key, value]) => [key.replace(/^sophia-infra:/, ""), value]);
  return { name: basename(path), config: Object.fromEntries(entries) };
}

/**
 * How a stack builds its images, by its stack file.
 * @param file another stack file than `Pulumi.<stack>.yaml` of this checkout
 * @throws when it builds none
 */
export async function buildSettingsOf(stack: string, file = ""): Promise<BuildSettings> {
  const { name, config } = await read(stack, file);
  const { build } = imagesSettings.parse(config.images ?? {});
  if (!build) throw new Error(`${name} builds no images: sophia-infra:images has no build`);
  return build;
}

/**
 * All settings of a stack, by its stack file.
 * @param file another stack file than `Pulumi.<stack>.yaml` of this checkout
 * @throws when one cannot be used
 */
export async function settingsOf(stack: string, file = ""): Promise<Settings> {
  const { name, config } = await read(stack, file);
  const { data, error } = settingsSchema.safeParse(config);
  if (data) return data;
  const faults = error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
  throw new Error(`${name} has settings that cannot be used:\n${faults.join("\n")}`);
}
