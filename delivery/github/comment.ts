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

const pullSchema = z.object({
  number: z.number(),
  user: z.object({ login: z.string() }).nullish(),
  head: z.object({
    sha: z.string(),
    /** Null when the fork was deleted. */
    repo: z.object({ full_name: z.string() }).nullish(),
  }),
});

/** A pull request, by what GitHub says of it. */
export interface Pull {
  number: number;
  /** From a fork or from Dependabot, whose code is given no identity: it cannot have planned against a running stack. */
  foreign: boolean;
}

/**
 * The open pull request of this branch whose newest commit this is; undefined when it was closed, or has moved on and
 * will get another preview.
 */
export async function pullOf(api: GitHub, { sha, owner, branch }: Head): Promise<Pull | undefined> {
  if (!/^[0-9a-f]{40}$/.test(sha)) throw new Error(`"${sha}" is not a commit id`);
  const path = `/pulls?state=open&head=${encodeURIComponent(`${owner}:${branch}`)}`;
  const found = await find(api, path, pullSchema, (pull) => pull.head.sha === sha);
  if (!found) return undefined;
  const ours = found.head.repo?.full_name === api.repository;
  return { number: found.number, foreign: !ours || found.user?.login === "dependabot[bot]" };
}

const commentSchema = z.object({
  id: z.number(),
  body: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
});

/** What is known without the plan, which the pull request's own code wrote. */
export interface Expected {
  stack: string;
  /** Whether that code cannot have reached the running stack; the plan may say that it has. */
  offline: boolean;
}

/**
 * The plan as it may be shown: of the expected stack, and planned offline where it cannot have been otherwise.
 * @throws when it names another stack
 */
export function planFor({ stack, offline }: Expected, plan: Plan): Plan {
  if (plan.stack === stack) return { ...plan, offline: plan.offline || offline };
  throw new Error(`the plan for stack ${stack} names stack ${plan.stack}; no comment was written`);
}

/** Author of what the job's token writes. */
const self = "github-actions[bot]";

/** Creates the comment on a stack, or updates the existing one: one for each stack, however many pushes there are. */
export async function postComment(api: GitHub, pull: number, plan: Plan): Promise<"created" | "updated"> {
  const body = render(plan, { ofPullRequest: true });
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
