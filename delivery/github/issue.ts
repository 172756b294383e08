import { z } from "zod";
import { find, type GitHub } from "./client.ts";

const issueSchema = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().nullish(),
  pull_request: z.unknown().optional(),
  user: z.object({ login: z.string() }).nullish(),
});

/** Who the job's token speaks as. */
const self = "github-actions[bot]";
/** Characters that GitHub takes. */
const longest = 65_000;

export interface Finding {
  /** Names what is watched, e.g. `Drift of stack prod`; the issue is found again by it. */
  title: string;
  /** Markdown; empty when all is well. */
  body: string;
}

/** Keeps one open issue for a finding: opened at first sight, kept up to date, closed when all is well again. */
export async function report(
  api: GitHub,
  { title, body }: Finding,
): Promise<"opened" | "updated" | "unchanged" | "closed" | "nothing"> {
  const text =
    body.length > longest ? `${body.slice(0, longest)}\n\n… ${body.length - longest} more characters` : body;
  const open = await find(
    api,
    "/issues?state=open",
    issueSchema,
    (issue) => issue.title === title && issue.user?.login === self && issue.pull_request === undefined,
  );
  if (text.trim() === "") {
    if (!open) return "nothing";
    await api.send("POST", `/issues/${open.number}/comments`, { body: "All is well again." });
    await api.send("PATCH", `/issues/${open.number}`, { state: "closed", state_reason: "completed" });
    return "closed";
  }
  if (!open) {
    await api.send("POST", "/issues", { title, body: text });
    return "opened";
  }
  if (open.body === text) return "unchanged";
  await api.send("PATCH", `/issues/${open.number}`, { body: text });
  return "updated";
}
