import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { ParseArgsOptionsConfig } from "node:util";
import { readPlan } from "./comment/plan.ts";
import { render } from "./comment/render.ts";
import { describePlan } from "./comment/write.ts";
import { gitHub } from "./github/client.ts";
import { planFor, postComment, pullOf } from "./github/comment.ts";
import { report } from "./github/issue.ts";
import { deadlineIn, type Given, need, optional, programOf } from "./options.ts";
import { dnsFault } from "./stack/dns.ts";
import { guard } from "./stack/guard.ts";
import { type Program, preview } from "./stack/program.ts";
import { markVerified, refuseOlder, rollbackVerified } from "./stack/rollback.ts";
import { scanStack } from "./stack/scan.ts";
import { lineOf, reachIn, verified } from "./stack/verify.ts";
import { replace, stop, up } from "./updates.ts";
import { advisories, drift, exceptions, health, isStopped, rotation } from "./watch.ts";

export interface Command {
  options: ParseArgsOptionsConfig;
  /** Whether an interrupt reaches it as a signal, so that Pulumi ends in order and nothing of it is left. */
  ordered?: true;
  /** @returns text for standard output and the summary of the workflow run */
  run(given: Given, signal?: AbortSignal): Promise<string>;
}

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

export const commands: Record<string, Command> = {
  plan: {
    options: { stack: text, comment: text, plan: text, refresh: flag },
    ordered: true,
    async run(given, signal) {
      const plan = await preview(programOf(given, signal), { refresh: given.refresh === true });
      await describePlan(plan, { comment: optional(given, "comment"), plan: optional(given, "plan") });
      const comment = render(plan);
      if (plan.succeeded) return comment;
      process.stdout.write(comment);
      throw new Error(`the preview of stack ${plan.stack} failed, see above`);
    },
  },
  guard: {
    options: { plan: text, "data-loss": flag },
    async run(given) {
      const plan = readPlan(await readFile(need(given, "plan"), "utf8"));
      // Here as well as in `up`: an update that is refused before it began is not to be rolled back.
      if (!plan.offline) await refuseOlder(programOf({ stack: plan.stack }));
      guard(plan, { dataLoss: given["data-loss"] === true });
      return "";
    },
  },
  up: {
    options: { stack: text, only: text, refresh: flag, "data-loss": flag, deadline: text },
    ordered: true,
    run: up,
  },
  replace: {
    options: { stack: text, host: text, confirm: text, "data-loss": flag, deadline: text },
    ordered: true,
    run: replace,
  },
  verify: {
    options: { stack: text, deadline: text },
    async run(given) {
      const program = programOf(given);
      const deadline = deadlineIn(given) ?? 180;
      const reach = await reachIn(program);
      const all = await verified(reach, deadline);
      const answers = `Stack ${program.stack} answers:\n${all.map(lineOf).join("\n")}`;
      // No fault of this stack: it is verified before people are sent to it.
      const dns = await dnsFault(reach);
      return dns === "" ? answers : `${answers}\nWarning: ${dns}`;
    },
  },
  scan: {
    options: { stack: text },
    run: (given) => scanStack(programOf(given), (line) => process.stdout.write(`${line}\n`)),
  },
  mark: {
    options: { stack: text },
    async run(given) {
      const program = programOf(given);
      return `Stack ${program.stack} is verified at ${await markVerified(program)}.`;
    },
  },
  rollback: {
    options: { stack: text, commit: text, from: text, plan: text, "data-loss": flag, deadline: text },
    ordered: true,
    async run(given, signal) {
      const program = programOf(given, signal);
      const deadline = deadlineIn(given) ?? 300;
      const failed = optional(given, "plan");
      const commit = await rollbackVerified(program, {
        commit: optional(given, "commit"),
        from: optional(given, "from"),
        dataLoss: given["data-loss"] === true,
        plan: failed === undefined ? undefined : readPlan(await readFile(failed, "utf8")),
        deadline,
      });
      return `Stack ${program.stack} was rolled back to ${commit}, and answers.`;
    },
  },
  stop: {
    options: { stack: text, confirm: text },
    ordered: true,
    run: stop,
  },
  drift: {
    options: { stack: text, body: text },
    ordered: true,
    run: (given, signal) => watched(given, programOf(given, signal), drift, "The stack has no drift."),
  },
  health: {
    options: { stack: text, body: text },
    run: (given) => watched(given, programOf(given), health, "Every public endpoint answers."),
  },
  rotation: {
    options: { body: text },
    run: (given) => finding(given, rotation(), "No secret is due for rotation."),
  },
  advisories: {
    options: { body: text },
    run: (given) => finding(given, advisories(), "No package has a known vulnerability."),
  },
  exceptions: {
    options: { body: text },
    run: (given) => finding(given, exceptions(), "No exception from the policies ends soon."),
  },
  comment: {
    options: { stack: text, plan: text, sha: text, owner: text, branch: text },
    async run(given) {
      const foreign = readPlan(await readFile(need(given, "plan"), "utf8"));
      const api = gitHub();
      const head = { sha: need(given, "sha"), owner: need(given, "owner"), branch: need(given, "branch") };
      const pull = await pullOf(api, head);
      if (pull === undefined) return `no open pull request is at ${head.sha}: nothing to comment on`;
      const offline = pull.foreign || !process.env.PULUMI_ORGANIZATION;
      const plan = planFor({ stack: need(given, "stack"), offline }, foreign);
      const done = await postComment(api, pull.number, plan);
      return `comment on stack ${plan.stack} ${done} in pull request ${pull.number}`;
    },
  },
  report: {
    options: { title: text, body: text },
    async run(given) {
      const title = need(given, "title");
      const body = await readFile(need(given, "body"), "utf8");
      return `issue "${title}": ${await report(gitHub(), { title, body })}`;
    },
  },
};

/** Writes a finding for `report`; an empty file when there is none. */
async function finding(given: Given, found: Promise<string>, none: string): Promise<string> {
  const body = await found;
  await write(need(given, "body"), body);
  return body || none;
}

/** The finding about a stack; none about one that was stopped. */
async function watched(
  given: Given,
  program: Program,
  check: (program: Program) => Promise<string>,
  none: string,
): Promise<string> {
  if (!(await isStopped(program))) return finding(given, check(program), none);
  return finding(given, Promise.resolve(""), `Stack ${program.stack} is stopped, and was not checked.`);
}
