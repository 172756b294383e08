import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import dockerignore from "@balena/dockerignore";

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });

/** Files and links below a folder that Docker would send, by path from the folder, sorted. */
async function sentFiles(folder: string, ignored: (path: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { recursive: false, withFileTypes: true });
  const found: string[] = [];
  const visit = async (path: string, isFolder: boolean): Promise<void> => {
    if (!isFolder) {
      if (!ignored(path)) found.push(path);
      return;
    }
    // An ignored folder may hold files that a later pattern takes back in: only the files themselves decide.
    for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
      await visit(`${path}/${entry.name}`, entry.isDirectory());
    }
  };
  for (const entry of entries) {
    // Nobody takes these back in, and they hold more files than all else together.
    if (entry.isDirectory() && [".git", "node_modules", ".lab"].includes(entry.name) && ignored(entry.name)) {
      continue;
    }
    await visit(entry.name, entry.isDirectory());
  }
  return found.sort();
}

/**
 * Hash of what an image is built from: the Dockerfile, and the name, mode and content of every file of the context that
 * `.dockerignore` lets through.
 *
 * @param context Folder.
 * @param dockerfile File; its own `<name>.dockerignore` beside it comes before the context's.
 * @throws when one of them is not there
 */
export async function hashContext(context: string, dockerfile: string): Promise<string> {
  const text = await textOf(dockerfile);
  if (text === undefined) throw new Error(`there is no Dockerfile ${dockerfile}`);
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
