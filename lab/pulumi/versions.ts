import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** The checkout that this file belongs to. */
export const checkout = join(import.meta.dirname, "../..");

const manifest = z
  .looseObject({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")));

function dependency(name: string): string {
  const version = manifest.dependencies[name];
  if (!version || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(
      `package.json: dependencies["${name}"] must be an exact version, got ${version ?? "none"}`,
    );
  }
  return version;
}

/** Version of CLI, engine and SDK: they are released together. */
export const pulumiVersion = dependency("@pulumi/pulumi");

export const pluginNames = ["command", "docker-build", "kubernetes", "random", "snowflake"] as const;
export type PluginName = (typeof pluginNames)[number];

/** The stand-ins bear the versions of the SDK packages, so that the engine finds them for exactly those. */
export const pluginVersion = (name: PluginName): string => dependency(`@pulumi/${name}`);
