import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** Root folder of the repository. */
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

/** Version of CLI, engine and SDK, which are released together. */
export const pulumiVersion = dependency("@pulumi/pulumi");

export const pluginNames = ["command", "docker-build", "kubernetes", "random", "snowflake"] as const;
export type PluginName = (typeof pluginNames)[number];

/** The stand-ins have the versions of the SDK packages, because the engine looks plugins up by exactly these. */
export const pluginVersion = (name: PluginName): string => dependency(`@pulumi/${name}`);
