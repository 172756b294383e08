import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the checkout. */
export const repository = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The policies that judge every preview and every update. */
export const policyPack = join(repository, "policies");

/** Folder of all labs: `LAB_ROOT`, or `.lab` in the checkout. Absolute: programs that get it run in other folders. */
export const labsFolder = (environment: Record<string, string | undefined> = process.env): string =>
  resolve(environment.LAB_ROOT || join(repository, ".lab"));

/** Where built binaries and images are kept: `LAB_CACHE`, or one folder in `LAB_ROOT` for all labs of a checkout. */
export const cacheFolder = (environment: Record<string, string | undefined> = process.env): string =>
  resolve(environment.LAB_CACHE || join(labsFolder(environment), "cache"));
