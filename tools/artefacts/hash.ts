import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";

async function filesUnder(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const nested = await Promise.all(
    entries
      .filter((entry) => entry.name !== "node_modules" && !entry.name.startsWith(".git"))
      .map((entry) => filesUnder(join(path, entry.name))),
  );
  return nested.flat();
}

/** Hash of the contents and relative names of files and folders, plus any further text. */
export async function hashOf(root: string, paths: string[], ...further: string[]): Promise<string> {
  const hash = createHash("sha256");
  const files = (await Promise.all(paths.map((path) => filesUnder(join(root, path))))).flat().sort();
  for (const file of files) {
    hash.update(`${relative(root, file)}\0`);
    hash.update(await readFile(file));
    hash.update("\0");
  }
  for (const text of further) hash.update(`${text}\0`);
  return hash.digest("hex");
}
