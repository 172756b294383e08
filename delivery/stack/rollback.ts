import { access, mkdtemp, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../lab/exec.ts";
import { commitBefore, parseHistory, verifiedTag } from "./history.ts";
import { commitOf, type Program, programIn, pulumi, resources, update } from "./program.ts";
import { reachIn, verified } from "./verify.ts";

/** Notes that the stack was deployed from this commit, the checkout's if none is named, and seen to work. */
export async function markVerified(program: Program, given?: string): Promise<string> {
  const commit = given ?? (await commitOf(program.folder));
  await pulumi(program, ["stack", "tag", "set", verifiedTag, commit]);
  return commit;
}

async function verifiedCommit(program: Program): Promise<string | undefined> {
  const { stdout } = await pulumi(program, ["stack", "tag", "ls", "--json"]);
  return (JSON.parse(stdout) as Record<string, string>)[verifiedTag];
}

/**
 * Keeps an approval that came late from taking a stack back to what it has left behind.
 * @throws when the stack is known to work at a later commit than the checkout's
 */
export async function refuseOlder(program: Program): Promise<void> {
  const verified = await verifiedCommit(program);
  const here = await commitOf(program.folder);
  if (!verified || verified === here) return;
  const ancestry = ["merge-base", "--is-ancestor", here, verified];
  const { code } = await run("git", ancestry, { cwd: program.folder, allowFailure: true });
  if (code !== 0) return;
  throw new Error(
    `stack ${program.stack} already works at ${verified}, which comes after ${here}: to go back, run the workflow Roll back`,
  );
}

/** The commit that the stack would go back to, if it is now at the checkout's. */
export async function previousCommit(program: Program): Promise<string> {
  const { stdout } = await pulumi(program, ["stack", "history", "--json"]);
  return commitBefore(parseHistory(stdout), await verifiedCommit(program), await commitOf(program.folder));
}

/**
 * Files of code that the state's dynamic resources name. A resource whose kind is younger than the commit to go back
 * to could not be deleted by it. Pure.
 */
export function modulesIn(state: { urn: string; inputs?: Record<string, unknown> }[]): Map<string, string> {
  const modules = new Map<string, string>();
  for (const { urn, inputs } of state) {
    const provider = inputs?.__provider;
    const found = typeof provider === "string" ? /join\(dir, "([^"]+)"\)/.exec(provider)?.[1] : undefined;
    if (found && !modules.has(found)) modules.set(found, urn);
  }
  return modules;
}

async function refuseUnknownKinds(program: Program, folder: string, commit: string): Promise<void> {
  const missing: string[] = [];
  for (const [module, urn] of modulesIn(await resources(program))) {
    const there = await access(join(folder, module)).then(
      () => true,
      () => false,
    );
    if (!there) missing.push(`${urn} (${module})`);
  }
  if (missing.length === 0) return;
  throw new Error(
    `stack ${program.stack} cannot go back to ${commit}: that commit has no code to delete ${missing.join(", ")}\n` +
      "Go forward instead: revert the faulty change in a new commit that keeps this kind of resource, and deploy it",
  );
}

const lockFile = (folder: string) =>
  readFile(join(folder, "package-lock.json"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });

/** Folders with packages that the program loads; the same as in the Makefile. */
export const installed: readonly string[] = [".", join("mcp", "servers"), "data"];

/**
 * Installs what a checkout needs, exactly as its lock files say, without running anybody's scripts. Where another
 * checkout has the same already, that is used: it saves the better part of a roll-back.
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

export interface RollbackOptions {
  /** Full id; the last commit that was seen to work if left out. */
  commit?: string | undefined;
  /** Makes the checkout ready to run; replaced in tests. */
  prepare?: (folder: string, other: string) => Promise<void>;
}

/**
 * Brings the stack to what an earlier commit says: that commit's program, its own packages, CLI, stack file and policies,
 * run against today's state. Secrets stay today's; what was deleted with its data does not come back.
 *
 * @returns the commit that the stack is at now
 */
export async function rollback(
  program: Program,
  { commit: given, prepare = install }: RollbackOptions = {},
): Promise<string> {
  const commit = given ?? (await previousCommit(program));
  if (!/^[0-9a-f]{40}$/.test(commit))
    throw new Error(`"${commit}" is no full commit id of 40 hexadecimal digits`);
  const git = (...args: string[]) => run("git", args, { cwd: program.folder });
  await git("merge-base", "--is-ancestor", commit, "HEAD").catch((cause: unknown) => {
    throw new Error(
      `commit ${commit} does not come before the one that is checked out: only what was reviewed is deployed`,
      { cause },
    );
  });
  const aside = await mkdtemp(join(tmpdir(), "sophia-rollback-"));
  const folder = join(aside, "checkout");
  try {
    await git("worktree", "add", "--detach", folder, commit);
    await refuseUnknownKinds(program, folder, commit);
    await prepare(folder, program.folder);
    const earlier = programIn(folder, program.stack, program.environment);
    await update(
      { ...earlier, configuration: program.configuration, shown: program.shown },
      { message: `Roll back to ${commit}`, refresh: true },
    );
    return commit;
  } finally {
    await git("worktree", "remove", "--force", folder).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
  }
}

/** `rollback`, and what shows that it helped. @throws when the stack does not answer within `deadline` seconds */
export async function rollbackVerified(
  program: Program,
  { deadline, ...options }: RollbackOptions & { deadline: number },
): Promise<string> {
  const commit = await rollback(program, options);
  try {
    await verified(await reachIn(program), deadline);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`stack ${program.stack} was rolled back to ${commit}, and does not work: ${said}`, {
      cause,
    });
  }
  return markVerified(program, commit);
}
