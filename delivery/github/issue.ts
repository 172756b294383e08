import { z } from "zod";
import { find, type GitHub } from "./client.ts";

const issueSchema = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().nullish(),
  pull_request: z.unknown().optional(),
  user: z.object({ login: z.string() }).nullish(),
});

/** Author of what the job's token writes. */
const self = "github-actions[bot]";
/** Characters; GitHub accepts 65,536. */
const longest = 65_000;

export interface Finding {
  /** Identifies the issue, e.g. `Drift of stack prod`. */
  title: string;
  /** Markdown; empty when there is no finding. */
  body: string;
}

/** Lines that a comment shows of a change. */
const shown = 20;

/** What is new in a finding, as code: its lines may be tables, or parts of a block of code. Pure. */
export function changed(before: string, now: string): string {
  const known = new Set(before.split("\n"));
  const added = now.split("\n").filter((line) => !known.has(line) && /\w/.test(line));
  if (added.length === 0) return "The finding has changed, see above: nothing was added.";
  const more = added.length > shown ? [`… ${added.length - shown} more lines, see above`] : [];
  const lines = [...added.slice(0, shown).map((line) => line.slice(0, 500)), ...more];
  return `New in the finding:\n\n${lines.map((line) => `    ${line}`).join("\n")}`;
}

/** Opens an issue for a finding, updates it with a comment, and closes it when there is no finding any more. */
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
    await api.send("POST", `/issues/${open.number}/comments`, { body: "Resolved." });
    await api.send("PATCH", `/issues/${open.number}`, { state: "closed", state_reason: "completed" });
    return "closed";
  }
  if (!open) {
    await api.send("POST", "/issues", { title, body: text });
    return "opened";
  }
  if (open.body === text) return "unchanged";
  await api.send("PATCH", `/issues/${open.number}`, { body: text });
  // GitHub tells nobody that a body has changed, but everybody concerned of a comment.
  await api.send("POST", `/issues/${open.number}/comments`, { body: changed(open.body ?? "", text) });
  return "updated";
}
