import { z } from "zod";
import type { Plan } from "../comment/plan.ts";
import { markerOf, render } from "../comment/render.ts";
import { find, type GitHub } from "./client.ts";

/** The head of a pull request, from the event that started the preview; never from the preview's own output. */
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
  if (!/^[0-9a-f]{40}$/.test(sha)) throw new Error(`"${sha}" is not a commit id`);
  const path = `/pulls?state=open&head=${encodeURIComponent(`${owner}:${branch}`)}`;
  return (await find(api, path, pullSchema, (pull) => pull.head.sha === sha))?.number;
}

const commentSchema = z.object({
  id: z.number(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
});

/**
 * Checks that a plan, which the pull request's own code wrote, is for the expected stack.
 * @throws when it names another one
 */
export function planFor(stack: string, plan: Plan): Plan {
  if (plan.stack === stack) return plan;
  throw new Error(`the plan for stack ${stack} names stack ${plan.stack}; no comment was written`);
}

/** Author of what the job's token writes. */
const self = "github-actions[bot]";

/** Creates the comment on a stack, or updates the existing one: one for each stack, however many pushes there are. */
export async function postComment(api: GitHub, pull: number, plan: Plan): Promise<"created" | "updated"> {
  const body = render(plan);
  const marker = markerOf(plan.stack);
  // Checks the author: anyone may write a comment that begins like ours.
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
