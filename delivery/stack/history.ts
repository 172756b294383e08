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

const isCommit = (text: string | undefined): text is string =>
  text !== undefined && /^[0-9a-f]{40}$/.test(text);

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

/**
 * The commit to roll back to: the last verified one, else the newest other one whose update succeeded from a clean
 * checkout. Pure.
 *
 * @param leaving the deployed commit
 * @throws when there is none
 */
export function commitBefore(history: Update[], verified: string | undefined, leaving: string): string {
  if (isCommit(verified) && verified !== leaving) return verified;
  const found = history.find(({ kind, result, environment }) => {
    const commit = environment["git.head"];
    const clean = environment["git.dirty"] !== "true";
    return kind === "update" && result === "succeeded" && clean && isCommit(commit) && commit !== leaving;
  });
  const commit = found?.environment["git.head"];
  if (isCommit(commit)) return commit;
  throw new Error(
    `there is no commit to roll back to from ${leaving}: of ${history.length} updates in the history, none ` +
      "succeeded from a clean checkout of another commit; name one with --commit",
  );
}
