import { mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../tools/exec.ts";
import { textOf } from "../../tools/textOf.ts";
import { requireCommit } from "./history.ts";
import { type Program, programIn } from "./program.ts";

const lockFile = (folder: string) => textOf(join(folder, "package-lock.json"));

/** Folders with npm packages that the program loads; the same as in the Makefile. */
export const installed: readonly string[] = [".", join("mcp", "servers"), "data"];

/**
 * Installs the packages of a checkout's lock files, without install scripts. A folder with the same lock file in another
 * checkout is linked instead, which saves most of the time of a roll-back.
 */
export async function install(folder: string, other: string): Promise<void> {
  for (const where of installed) {
    const wanted = await lockFile(join(folder, where));
    if (wanted === undefined) continue;
    const there = join(other, where, "node_modules");
    const ready = await stat(there).catch(() => undefined);
    if (ready && wanted === (await lockFile(join(other, where)))) {
      await symlink(there, join(folder, where, "node_modules"));
      continue;
    }
    const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    await run("npm", ["ci", ...quietly], { cwd: join(folder, where) });
  }
}

/** Installs a checkout's packages; `other` is the checkout that the command was started in. Replaced in tests. */
export type Prepare = (folder: string, other: string) => Promise<void>;

/** Whether a commit is another one, or an ancestor of it; not, if this checkout has only one of the two. */
export async function isAncestor(program: Program, commit: string, of: string): Promise<boolean> {
  const ancestry = ["merge-base", "--is-ancestor", commit, of];
  return (await run("git", ancestry, { cwd: program.folder, allowFailure: true })).code === 0;
}

/** @throws when a commit is not an ancestor of the program's own checkout, or no full commit id */
export async function refuseUnreviewed(program: Program, commit: string): Promise<void> {
  requireCommit(commit);
  if (await isAncestor(program, commit, "HEAD")) return;
  throw new Error(
    `commit ${commit} is not an ancestor of the checked-out one; only reviewed commits are deployed`,
  );
}

/**
 * Works in a checkout of another commit: with its program, packages, CLI, stack file and policies. It is removed afterwards.
 *
 * @throws when the commit is not an ancestor of the program's own checkout
 */
export async function inCheckout<Result>(
  program: Program,
  commit: string,
  work: (there: Program) => Promise<Result>,
  prepare: Prepare = install,
): Promise<Result> {
  await refuseUnreviewed(program, commit);
  const git = (...args: string[]) => run("git", args, { cwd: program.folder });
  const aside = await mkdtemp(join(tmpdir(), "sophia-checkout-"));
  const folder = join(aside, "checkout");
  try {
    await git("worktree", "add", "--detach", folder, commit);
    await prepare(folder, program.folder);
    const { configuration, shown, signal } = program;
    const there = programIn(folder, program.stack, program.environment);
    return await work({ ...there, configuration, shown, signal });
  } finally {
    await git("worktree", "remove", "--force", folder).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
  }
}
