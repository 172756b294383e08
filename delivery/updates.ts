import { deadlineIn, type Given, need, optional, programOf } from "./options.ts";
import { components } from "./stack/components.ts";
import { guarded } from "./stack/guard.ts";
import { billedAfterwards, confirm, type Part, parts, stoppable, targetsOf } from "./stack/operations.ts";
import { commitOf, printed, pulumi, resources, update } from "./stack/program.ts";
import { replaceHost } from "./stack/replace.ts";
import { refuseOlder } from "./stack/rollback.ts";

// Commands that change a stack.

const isPart = (name: string): name is Part => Object.hasOwn(parts, name);

/**
 * Updates a stack to the commit that is checked out, or one part of it (`--only`), whose plan is judged here.
 * @throws before anything changes: when a later commit is verified already, or when that plan is refused
 */
export async function up(given: Given, signal?: AbortSignal): Promise<string> {
  const program = programOf(given, signal);
  const commit = await commitOf(program.folder);
  const only = optional(given, "only");
  const [refresh, dataLoss] = [given.refresh === true, given["data-loss"] === true];
  const deadline = deadlineIn(given);
  if (only !== undefined) {
    if (!isPart(only))
      throw new Error(`unknown part ${only}; the parts are ${Object.keys(parts).join(", ")}`);
    await refuseOlder(program);
    const chosen = { refresh, target: targetsOf(only, await components(program)) };
    await guarded(program, chosen, { dataLoss });
    await update(program, { ...chosen, message: `Deploy ${parts[only].what} of ${commit}`, deadline });
    return `The ${parts[only].what} of stack ${program.stack} were updated to ${commit}.`;
  }
  if (dataLoss) throw new Error("--data-loss is for --only: the plan of a whole update is judged by `guard`");
  await refuseOlder(program);
  await update(program, { message: `Deploy ${commit}`, refresh, deadline });
  return `Stack ${program.stack} was updated to ${commit}.`;
}

/** A command of its own: without a host it is refused, and is never an update of everything. */
export async function replace(given: Given, signal?: AbortSignal): Promise<string> {
  const program = programOf(given, signal);
  const host = need(given, "host");
  const deadline = deadlineIn(given);
  const loss = `replacing host ${host} and losing all data on its disks`;
  confirm(loss, host, optional(given, "confirm") ?? "");
  const commit = await replaceHost(program, { host, dataLoss: given["data-loss"] === true, deadline });
  return `Host ${host} of stack ${program.stack} was replaced, at ${commit}.`;
}

/**
 * Destroys all resources of a stack, with all data on its hosts' disks.
 * @throws before anything changes: for a stack that may not be stopped, or without its name as `--confirm`
 */
export async function stop(given: Given, signal?: AbortSignal): Promise<string> {
  const program = programOf(given, signal);
  const { stack } = program;
  if (!stoppable.includes(stack)) {
    throw new Error(
      `stack ${stack} cannot be stopped by this command; it stops only ${stoppable.join(", ")}`,
    );
  }
  confirm(
    `stopping stack ${stack} and losing all data on its hosts' disks`,
    stack,
    optional(given, "confirm") ?? "",
  );
  const billed = billedAfterwards(await resources(program));
  const message = ["--message", `Stop at ${await commitOf(program.folder)}`];
  await pulumi(program, ["destroy", "--yes", "--skip-preview", ...message, ...program.configuration], {
    ...printed(program),
  });
  const left = billed.length > 0 ? `Still billed: ${billed.join("; ")}` : "Nothing of it is billed any more";
  return `Stack ${stack} is stopped. ${left}.`;
}
