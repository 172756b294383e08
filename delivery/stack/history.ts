import { z } from "zod";

/** What Pulumi remembers of an update: `pulumi stack history --json`, the newest first. */
const updateSchema = z.object({
  kind: z.string(),
  result: z.string(),
  message: z.string().default(""),
  startTime: z.string().default(""),
  environment: z.record(z.string(), z.string()).default({}),
});
export type Update = z.infer<typeof updateSchema>;

export const parseHistory = (json: string): Update[] => z.array(updateSchema).parse(JSON.parse(json));

/** Stack tag with the last commit that was deployed and then seen to work. */
export const verifiedTag = "sophia:verified";

const isCommit = (text: string | undefined): text is string =>
  text !== undefined && /^[0-9a-f]{40}$/.test(text);

/**
 * The commit to go back to: the one that was last seen to work, else the newest other one whose update succeeded from
 * a checkout without changes of its own. Pure.
 *
 * @param leaving commit that is deployed now and is to be left
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
    `there is no commit to go back to from ${leaving}: ${history.length} updates are remembered, none of them ` +
      "succeeded from a clean checkout of another commit; name one with --commit",
  );
}
