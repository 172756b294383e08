import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** A resource plugin that a program's packages need. */
export interface RequiredPackage {
  name: string;
  /** With a leading `v`. */
  version: string;
  /** Download server other than the default one. */
  server?: string;
}

export interface InstalledPackage {
  name: string;
  version: string;
}

const manifestSchema = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  pulumi: z
    .looseObject({
      resource: z.boolean().optional(),
      name: z.string().optional(),
      version: z.string().optional(),
      server: z.string().optional(),
      parameterization: z.unknown().optional(),
    })
    .optional(),
});
type Manifest = z.infer<typeof manifestSchema>;

async function manifest(folder: string): Promise<Manifest | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, "package.json"), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) {
      return undefined;
    }
    throw error;
  }
  return manifestSchema.parse(JSON.parse(text));
}

/** Folders of the packages directly in a `node_modules`. */
async function packageFolders(modules: string): Promise<string[]> {
  const names = await readdir(modules).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
  const folders = names.filter((name) => !name.startsWith(".")).map((name) => join(modules, name));
  const nested = await Promise.all(
    folders.map(async (folder, index) => {
      if (!names.filter((name) => !name.startsWith("."))[index]?.startsWith("@")) return [folder];
      return (await readdir(folder)).map((name) => join(folder, name));
    }),
  );
  return nested.flat();
}

async function installed(folder: string): Promise<Manifest[]> {
  const found = await Promise.all(
    (await packageFolders(join(folder, "node_modules"))).map(async (each) => {
      const own = await manifest(each);
      return [...(own ? [own] : []), ...(await installed(each))];
    }),
  );
  return found.flat();
}

const withV = (version: string) => (version.startsWith("v") ? version : `v${version}`);

/**
 * The plugins of every package under the program's `node_modules` whose package.json has
 * `"pulumi": {"resource": true}`. Unlike the official host it does not look for further
 * `node_modules` in the program's own subfolders.
 */
export async function requiredPackages(programFolder: string): Promise<RequiredPackage[]> {
  const required = new Map<string, RequiredPackage>();
  for (const each of await installed(programFolder)) {
    const { pulumi } = each;
    if (!pulumi?.resource) continue;
    if (pulumi.parameterization) {
      throw new Error(`package ${each.name} has a parameterized provider, which the lab does not support`);
    }
    const name =
      pulumi.name ?? (each.name?.startsWith("@pulumi/") ? each.name.slice("@pulumi/".length) : undefined);
    const version = pulumi.version ?? each.version;
    if (!name || !version) {
      throw new Error(
        `package ${each.name ?? "without name"}: package.json has no name or no version for the plugin`,
      );
    }
    const entry = { name, version: withV(version), ...(pulumi.server ? { server: pulumi.server } : {}) };
    required.set(`${name} ${entry.version}`, entry);
  }
  return [...required.values()];
}

/** What `pulumi about` lists: the packages that package.json names, or all that are installed. */
export async function programDependencies(folder: string, transitive: boolean): Promise<InstalledPackage[]> {
  const direct = Object.keys((await manifest(folder))?.dependencies ?? {});
  const all = (await installed(folder)).flatMap(({ name, version }) =>
    name && version ? [{ name, version }] : [],
  );
  return transitive ? all : all.filter(({ name }) => direct.includes(name));
}
