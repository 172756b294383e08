import { access } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../components/core/errors.ts";
import { moduleOf } from "../../components/core/provider/providerText.ts";
import { run } from "../../tools/exec.ts";
import { createdBy } from "../comment/impact/index.ts";
import type { Plan } from "../comment/plan.ts";
import { inCheckout, isAncestor, type Prepare } from "./checkout.ts";
import { guarded } from "./guard.ts";
import { commitBefore, historyOf, lastIn, requireCommit, updateIn, verifiedTag } from "./history.ts";
import { commitOf, type Program, pulumi, resources, update, updateLimits } from "./program.ts";
import { reachIn, verified } from "./verify.ts";

/** Records a commit as verified: it was deployed, and all public endpoints answered. Default: the checkout's. */
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
 * Refuses an update to an ancestor of the verified commit, as after an approval that came late.
 * @throws when the verified commit is later than the checkout's
 */
export async function refuseOlder(program: Program): Promise<void> {
  const verified = await verifiedCommit(program);
  const here = await commitOf(program.folder);
  if (!verified || verified === here) return;
  if (!(await isAncestor(program, here, verified))) return;
  throw new Error(
    `stack ${program.stack} is verified at ${verified}, which is later than ${here}; to go back, run the workflow Roll back`,
  );
}

/**
 * Refuses to leave a commit whose failed update is no reason to go back: a later one is verified, or it is the verified one
 * and its update was a repeated one.
 */
async function refuseToLeave(program: Program, commit: string, verified: string | undefined): Promise<void> {
  if (!verified || !(await isAncestor(program, commit, verified))) return;
  if (commit !== verified)
    throw new Error(
      `stack ${program.stack} is verified at ${verified}, which is later than ${commit}: there is nothing to roll back`,
    );
  throw new Error(
    `stack ${program.stack} is verified at ${commit}, which an earlier commit would not correct: remove the cause of the failure and ` +
      "deploy it again. If the commit is faulty nevertheless, roll back by hand, without --from",
  );
}

/**
 * The commit that the stack would be rolled back to.
 * @param from the commit whose update failed. Default: the last deployed one, also if it is verified
 * @throws when there is none, and when `from` is the verified commit or an earlier one
 */
export async function previousCommit(program: Program, from?: string): Promise<string> {
  const newest = from ?? lastIn(await historyOf(program, (known) => updateIn(known) !== undefined));
  const leaving = newest ?? (await commitOf(program.folder));
  requireCommit(leaving);
  const ancestors = await run("git", ["rev-list", leaving], { cwd: program.folder }).catch(
    (cause: unknown) => {
      throw new Error(
        `commit ${leaving}, which is to be left, is not in this checkout; name the one to go to with --commit`,
        { cause },
      );
    },
  );
  const verified = await verifiedCommit(program);
  if (from !== undefined) await refuseToLeave(program, from, verified);
  const which = { leaving, earlier: new Set(ancestors.stdout.split("\n")), verified };
  const history = await historyOf(program, (known) => commitBefore(known, which) !== undefined);
  const commit = commitBefore(history, which);
  if (commit !== undefined) return commit;
  throw new Error(
    `there is no commit to roll back to from ${leaving}: of ${history.length} updates in the history, none of the whole stack ` +
      "succeeded from a clean checkout of an earlier commit; name one with --commit",
  );
}

/**
 * Code files that the state's dynamic resources refer to. A commit without such a file cannot delete the resource. Pure.
 */
export function modulesIn(state: { urn: string; inputs?: Record<string, unknown> }[]): Map<string, string> {
  const modules = new Map<string, string>();
  for (const { urn, inputs } of state) {
    const provider = inputs?.__provider;
    const found = typeof provider === "string" ? moduleOf(provider) : undefined;
    if (found && !modules.has(found)) modules.set(found, urn);
  }
  return modules;
}

async function refuseUnknownKinds(program: Program, folder: string, commit: string): Promise<void> {
  const missing: string[] = [];
  for (const [module, urn] of modulesIn(await resources(program))) {
    const exists = await access(join(folder, module)).then(
      () => true,
      () => false,
    );
    if (!exists) missing.push(`${urn} (${module})`);
  }
  if (missing.length === 0) return;
  throw new Error(
    `stack ${program.stack} cannot be rolled back to ${commit}: that commit has no code to delete ${missing.join(", ")}\n` +
      "Revert the faulty change in a new commit that keeps this type of resource, and deploy that",
  );
}

export interface RollbackOptions {
  /** Full id. Default: the last verified commit. */
  commit?: string | undefined;
  /** The faulty commit. Default: the last deployed one. */
  from?: string | undefined;
  /** Whether data may be lost. Without it, what the failed update created may be deleted again, and nothing else. */
  dataLoss?: boolean;
  /** Of the failed update. */
  plan?: Plan | undefined;
  prepare?: Prepare | undefined;
}

/**
 * Deploys an earlier commit: its program, packages, CLI, stack file and policies, against the current state. Secrets are
 * the current ones; deleted data is not restored.
 *
 * @returns the deployed commit
 * @throws before anything changes, when a policy refuses the plan, or it loses data without consent
 */
export async function rollback(
  program: Program,
  { commit: given, from, dataLoss = false, plan, prepare }: RollbackOptions = {},
): Promise<string> {
  const commit = given ?? (await previousCommit(program, from));
  return inCheckout(
    program,
    commit,
    async (earlier) => {
      await refuseUnknownKinds(program, earlier.folder, commit);
      const created = plan && createdBy(plan);
      await guarded(earlier, { refresh: true, created }, { dataLoss });
      const message = `Roll back to ${commit}`;
      await update(earlier, { message, refresh: true, deadline: updateLimits.rollback });
      return commit;
    },
    prepare,
  );
}

/** Rolls back, and verifies. @throws when a public endpoint does not answer within `deadline` seconds */
export async function rollbackVerified(
  program: Program,
  { deadline, ...options }: RollbackOptions & { deadline: number },
): Promise<string> {
  const commit = await rollback(program, options);
  try {
    await verified(await reachIn(program), deadline, program.signal);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new Error(`stack ${program.stack} was rolled back to ${commit}, and does not answer: ${reason}`, {
      cause,
    });
  }
  return markVerified(program, commit);
}
