import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import dockerignore from "@balena/dockerignore";
import { textOf } from "../../../../tools/textOf.ts";

/** Relative paths of the files and links that Docker sends to the builder, sorted. */
async function sentFiles(folder: string, ignored: (path: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { recursive: false, withFileTypes: true });
  const found: string[] = [];
  const visit = async (path: string, isFolder: boolean): Promise<void> => {
    if (!isFolder) {
      if (!ignored(path)) found.push(path);
      return;
    }
    // A later pattern may include files of an ignored folder again, so the patterns are applied to files only.
    for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
      await visit(`${path}/${entry.name}`, entry.isDirectory());
    }
  };
  for (const entry of entries) {
    // These hold most of all files and are never included again.
    if (entry.isDirectory() && [".git", "node_modules", ".lab"].includes(entry.name) && ignored(entry.name)) {
      continue;
    }
    await visit(entry.name, entry.isDirectory());
  }
  return found.sort();
}

/**
 * Hash of an image's build inputs: the Dockerfile, and the name, mode and content of every file of the context that
 * `.dockerignore` does not exclude.
 *
 * @param context Folder.
 * @param dockerfile File. A `<name>.dockerignore` next to it takes precedence over the context's `.dockerignore`.
 * @throws if one of them does not exist
 */
export async function hashContext(context: string, dockerfile: string): Promise<string> {
  const text = await textOf(dockerfile);
  if (text === undefined) throw new Error(`Dockerfile ${dockerfile} does not exist`);
  const rules =
    (await textOf(`${dockerfile}.dockerignore`)) ?? (await textOf(join(context, ".dockerignore"))) ?? "";
  const matcher = dockerignore.default().add(rules);
  const hash = createHash("sha256").update(text);
  for (const path of await sentFiles(context, (each) => matcher.ignores(each))) {
    const file = join(context, path);
    const { mode } = await lstat(file);
    const link = (mode & 0o170000) === 0o120000;
    hash.update(`\0${path}\0${mode.toString(8)}\0`);
    hash.update(link ? await readlink(file) : await readFile(file));
  }
  return hash.digest("hex");
}
