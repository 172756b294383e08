import { z } from "zod";
import type { Plan } from "../comment/plan.ts";
import { markerOf, render } from "../comment/render.ts";
import { find, type GitHub } from "./client.ts";

/** Where a pull request's code is, as the event says that started the preview; never from what the preview made. */
export interface Head {
  /** Commit, 40 hexadecimal digits. */
  sha: string;
  /** `<owner>` of the branch's repository. */
  owner: string;
  branch: string;
}

const pullSchema = z.object({ number: z.number(), head: z.object({ sha: z.string() }) });

/**
 * The open pull request of this branch whose newest commit this is; undefined when it was closed, or has moved on and
 * will get another preview.
 */
export async function pullOf(api: GitHub, { sha, owner, branch }: Head): Promise<number | undefined> {
  if (!/^[0-9a-f]{40}$/.test(sha)) throw new Error(`"${sha}" is no commit`);
  const path = `/pulls?state=open&head=${encodeURIComponent(`${owner}:${branch}`)}`;
  return (await find(api, path, pullSchema, (pull) => pull.head.sha === sha))?.number;
}

const commentSchema = z.object({
  id: z.number(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
});

/**
 * Keeps a plan, which the pull request's own code made, from taking the place of another stack's comment.
 * @throws when it says to be of another stack than it was asked for
 */
export function planFor(stack: string, plan: Plan): Plan {
  if (plan.stack === stack) return plan;
  throw new Error(`the plan of stack ${stack} says that it is of ${plan.stack}: nothing is written`);
}

/** Who the job's token speaks as. */
const self = "github-actions[bot]";

/** Writes the comment on a stack, or replaces the one that is there: one a stack, whatever the number of pushes. */
export async function postComment(api: GitHub, pull: number, plan: Plan): Promise<"created" | "updated"> {
  const body = render(plan);
  const marker = markerOf(plan.stack);
  // Only our own: anybody may write a comment that begins like ours.
  const ours = await find(
    api,
    `/issues/${pull}/comments`,
    commentSchema,
    ({ body: text, user }) => user?.login === self && (text ?? "").startsWith(marker),
  );
  if (ours) {
    await api.send("PATCH", `/issues/comments/${ours.id}`, { body });
    return "updated";
  }
  await api.send("POST", `/issues/${pull}/comments`, { body });
  return "created";
}
