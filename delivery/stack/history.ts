import { z } from "zod";
import { type Program, pulumi } from "./program.ts";

/** An update in `pulumi stack history --json`, which lists the newest first. */
const updateSchema = z.object({
  kind: z.string(),
  result: z.string(),
  message: z.string().default(""),
  startTime: z.string().default(""),
  environment: z.record(z.string(), z.string()).default({}),
});
export type Update = z.infer<typeof updateSchema>;

export const parseHistory = (json: string): Update[] => z.array(updateSchema).parse(JSON.parse(json));

/** The stack's history, the newest first. */
export const historyOf = async (program: Program): Promise<Update[]> =>
  parseHistory((await pulumi(program, ["stack", "history", "--json"])).stdout);

/** Whether the newest change of a stack was its destruction, and that succeeded. Pure. */
export function stoppedIn(history: Update[]): boolean {
  const newest = history.find(({ kind }) => kind === "update" || kind === "destroy");
  return newest?.kind === "destroy" && newest.result === "succeeded";
}

/** Stack tag with the last commit that was deployed and verified. */
export const verifiedTag = "sophia:verified";

/** A full commit id. */
export const isCommit = (text: string | undefined): text is string =>
  text !== undefined && /^[0-9a-f]{40}$/.test(text);

/** @throws when a text is no full commit id */
export function requireCommit(text: string): void {
  if (!isCommit(text)) throw new Error(`"${text}" is not a full commit id of 40 hexadecimal digits`);
}

/** Set for an update of a part, `pulumi up --target`. */
const isPart = ({ environment }: Update): boolean =>
  Object.keys(environment).some((key) => key.startsWith("pulumi.flag.target"));

/**
 * The commit that a stack was last updated to, whether or not that succeeded. Pure.
 * @throws when it is not one commit
 */
export function deployedIn(history: Update[]): string {
  const updates = history.filter(({ kind }) => kind === "update");
  const commitIn = (update: Update | undefined) => update?.environment["git.head"];
  const whole = updates.find((update) => !isPart(update));
  const commit = commitIn(whole);
  if (!whole || !isCommit(commit))
    throw new Error("the stack's history has no update to a commit: deploy one first");
  if (whole.environment["git.dirty"] === "true")
    throw new Error(
      `the stack was last updated from ${commit} with uncommitted changes: deploy a commit first`,
    );
  const part = updates.slice(0, updates.indexOf(whole)).find((update) => commitIn(update) !== commit);
  if (!part) return commit;
  throw new Error(
    `the stack is of two commits: of ${commit}, and in a part, deployed alone, of ${commitIn(part)}; deploy one commit first`,
  );
}

/** The commit that a stack was last updated to, in whole or in a part, whether or not that succeeded. Pure. */
export function lastIn(history: Update[]): string | undefined {
  const commit = history.find(({ kind }) => kind === "update")?.environment["git.head"];
  return isCommit(commit) ? commit : undefined;
}

/**
 * The commit to roll back to: the last verified one, else the newest one whose update succeeded from a clean checkout. It
 * is earlier than the one that is left: after a roll-back, the verified commit or the newest update may be that again, or
 * the faulty one that was left before. Pure.
 *
 * @param leaving the faulty commit
 * @param earlier its ancestors
 * @throws when there is none
 */
export function commitBefore(
  history: Update[],
  verified: string | undefined,
  leaving: string,
  earlier: ReadonlySet<string>,
): string {
  const before = (commit: string | undefined): commit is string =>
    isCommit(commit) && commit !== leaving && earlier.has(commit);
  if (before(verified)) return verified;
  const found = history.find(({ kind, result, environment }) => {
    const clean = environment["git.dirty"] !== "true";
    return kind === "update" && result === "succeeded" && clean && before(environment["git.head"]);
  });
  const commit = found?.environment["git.head"];
  if (before(commit)) return commit;
  throw new Error(
    `there is no commit to roll back to from ${leaving}: of ${history.length} updates in the history, none ` +
      "succeeded from a clean checkout of an earlier commit; name one with --commit",
  );
}
