import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { ParseArgsOptionsConfig } from "node:util";
import { repository } from "../lab/lab.ts";
import { readPlan } from "./comment/plan.ts";
import { render } from "./comment/render.ts";
import { describePlan } from "./comment/write.ts";
import { gitHub } from "./github/client.ts";
import { planFor, postComment, pullOf } from "./github/comment.ts";
import { report } from "./github/issue.ts";
import { components } from "./stack/components.ts";
import { guard } from "./stack/guard.ts";
import { confirm, machineOf, type Part, parts, stoppable, targetsOf } from "./stack/operations.ts";
import {
  commitOf,
  loudly,
  type Program,
  preview,
  programIn,
  pulumi,
  resources,
  update,
} from "./stack/program.ts";
import { markVerified, refuseOlder, rollbackVerified } from "./stack/rollback.ts";
import { reachIn, verified } from "./stack/verify.ts";
import { advisories, drift, health, rotation } from "./watch.ts";

type Given = Record<string, string | boolean | undefined>;

export interface Command {
  options: ParseArgsOptionsConfig;
  /** @returns what to print, and to show on the run's page */
  run(given: Given): Promise<string>;
}

export const usage = `usage: node delivery/cli.ts <command>
  plan     --stack <name> [--comment <file>] [--plan <file>] [--refresh]
                                                               what an update would do, judged; fails if it is refused
  guard    --plan <file> [--data-loss]                         refuses a plan that loses data
  up       --stack <name> [--refresh] [--only mcp|migrations] [--replace <host> --confirm <host>]
                                                               --refresh looks first at what is really there, and so
                                                               replaces what was lost
  verify   --stack <name> [--deadline <seconds>]               waits until everything answers from outside
  mark     --stack <name>                                      notes that the checked-out commit works
  rollback --stack <name> [--commit <id>] [--deadline <seconds>]   back to the last commit that worked, or to this
                                                               one, and waits until everything answers
  stop     --stack <name> --confirm <name>                     destroys all that costs money and can be made again
  drift    --stack <name> --body <file>                        what is no longer as it was deployed
  health   --stack <name> --body <file>                        what does not answer
  rotation --body <file>                                       secrets that are due
  advisories --body <file>                                     packages with known holes
  comment  --stack <name> --plan <file> --sha <id> --owner <name> --branch <name>
                                                               writes the stack's plan into its pull request
  report   --title <text> --body <file>                        opens, updates or closes an issue`;

const text = { type: "string" } as const;

function need(given: Given, name: string): string {
  const value = given[name];
  if (typeof value !== "string") throw new Error(`--${name} is missing\n${usage}`);
  return value;
}
const optional = (given: Given, name: string): string | undefined => {
  const value = given[name];
  return typeof value === "string" ? value : undefined;
};
const programOf = (given: Given): Program => programIn(repository, need(given, "stack"));

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

export const commands: Record<string, Command> = {
  plan: {
    options: { stack: text, comment: text, plan: text, refresh: { type: "boolean" } },
    async run(given) {
      const plan = await preview(programOf(given), given.refresh === true);
      await describePlan(plan, { comment: optional(given, "comment"), plan: optional(given, "plan") });
      const said = render(plan);
      if (plan.succeeded) return said;
      process.stdout.write(said);
      throw new Error(`the plan of stack ${plan.stack} was refused`);
    },
  },
  guard: {
    options: { plan: text, "data-loss": { type: "boolean" } },
    async run(given) {
      const plan = readPlan(await readFile(need(given, "plan"), "utf8"));
      guard(plan, { dataLoss: given["data-loss"] === true });
      return "";
    },
  },
  up: {
    options: { stack: text, only: text, replace: text, confirm: text, refresh: { type: "boolean" } },
    run: up,
  },
  verify: {
    options: { stack: text, deadline: text },
    async run(given) {
      const program = programOf(given);
      const deadline = Number(optional(given, "deadline") ?? "180");
      const all = await verified(await reachIn(program), deadline);
      return `Stack ${program.stack} works:\n${all.map(({ what }) => `- ${what}`).join("\n")}`;
    },
  },
  mark: {
    options: { stack: text },
    async run(given) {
      const program = programOf(given);
      return `Stack ${program.stack} is known to work at ${await markVerified(program)}.`;
    },
  },
  rollback: {
    options: { stack: text, commit: text, deadline: text },
    async run(given) {
      const program = programOf(given);
      const deadline = Number(optional(given, "deadline") ?? "300");
      const commit = await rollbackVerified(program, { commit: optional(given, "commit"), deadline });
      return `Stack ${program.stack} was rolled back to ${commit}, and works.`;
    },
  },
  stop: {
    options: { stack: text, confirm: text },
    run: stop,
  },
  drift: {
    options: { stack: text, body: text },
    run: (given) => finding(given, drift(programOf(given)), "The stack is what was deployed."),
  },
  health: {
    options: { stack: text, body: text },
    run: (given) => finding(given, health(programOf(given)), "The stack answers."),
  },
  rotation: {
    options: { body: text },
    run: (given) => finding(given, rotation(), "No secret is due."),
  },
  advisories: {
    options: { body: text },
    run: (given) => finding(given, advisories(), "No package has a known hole."),
  },
  comment: {
    options: { stack: text, plan: text, sha: text, owner: text, branch: text },
    async run(given) {
      const foreign = readPlan(await readFile(need(given, "plan"), "utf8"));
      const plan = planFor(need(given, "stack"), foreign);
      const api = gitHub();
      const head = { sha: need(given, "sha"), owner: need(given, "owner"), branch: need(given, "branch") };
      const pull = await pullOf(api, head);
      if (pull === undefined) return `no open pull request is at ${head.sha}: nothing to comment on`;
      return `comment on stack ${plan.stack} ${await postComment(api, pull, plan)} in pull request ${pull}`;
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

/** Writes what was found for `report`, or nothing. */
async function finding(given: Given, found: Promise<string>, none: string): Promise<string> {
  const body = await found;
  await write(need(given, "body"), body);
  return body || none;
}

const isPart = (name: string): name is Part => Object.hasOwn(parts, name);

async function up(given: Given): Promise<string> {
  const program = programOf(given);
  const commit = await commitOf(program.folder);
  const only = optional(given, "only");
  const host = optional(given, "replace");
  const refresh = given.refresh === true;
  if (only !== undefined && host !== undefined) throw new Error("--only and --replace exclude each other");
  if (host !== undefined) {
    confirm(`replacing host ${host}, with all that is on its disks,`, host, optional(given, "confirm") ?? "");
    const replace = [machineOf(await resources(program), host)];
    await update(program, { message: `Replace host ${host} at ${commit}`, refresh: true, replace });
    return `Host ${host} of stack ${program.stack} was replaced.`;
  }
  if (only !== undefined) {
    if (!isPart(only))
      throw new Error(`there is no part ${only}; there are ${Object.keys(parts).join(", ")}`);
    const target = targetsOf(only, await components(program));
    await update(program, { message: `Deploy ${parts[only].what} of ${commit}`, refresh, target });
    return `The ${parts[only].what} of stack ${program.stack} are those of ${commit}.`;
  }
  await refuseOlder(program);
  await update(program, { message: `Deploy ${commit}`, refresh });
  return `Stack ${program.stack} was brought to ${commit}.`;
}

async function stop(given: Given): Promise<string> {
  const program = programOf(given);
  const { stack } = program;
  if (!stoppable.includes(stack)) {
    throw new Error(
      `stack ${stack} is never stopped by a workflow; those that may be are ${stoppable.join(", ")}`,
    );
  }
  confirm(
    `stopping stack ${stack}, with all data on its hosts' disks,`,
    stack,
    optional(given, "confirm") ?? "",
  );
  const message = ["--message", `Stop at ${await commitOf(program.folder)}`];
  await pulumi(program, ["destroy", "--yes", "--skip-preview", ...message, ...program.configuration], {
    ...loudly(program),
  });
  return `Stack ${stack} is stopped and costs nothing but its file system.`;
}
