/** Commands of the GitHub workflows; all of them also run by hand. See docs/delivery/README.md. */

import { readFile, writeFile } from "node:fs/promises";
import { messageOf } from "../components/core/errors.ts";
import { argumentsOf, refuse } from "../tools/commandLine.ts";
import { interruptible } from "../tools/interrupt.ts";
import { commands } from "./commands.ts";
import { usage } from "./usage.ts";

const [name = "", ...rest] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) refuse(name ? `there is no command ${name}` : "no command is given", usage);
// A workflow passes all of its inputs; an empty one, like `--host=`, counts as not given.
const args = rest.filter((each) => !/^--[a-z-]+=$/.test(each));
const { values } = argumentsOf({ args, options: command.options }, usage);
try {
  // These run Pulumi, which must end in order and leaves a log behind; the others end at once.
  const signal = command.ordered ? interruptible() : undefined;
  const output = await command.run(values as Record<string, string | boolean | undefined>, signal);
  if (output) process.stdout.write(`${output}\n`);
  await summary(output);
} catch (error) {
  const message = messageOf(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

/** Appends to the summary that GitHub shows on the run's page. */
async function summary(text: string): Promise<void> {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (!file || !text) return;
  const before = await readFile(file, "utf8").catch(() => "");
  await writeFile(file, `${before}${text}\n\n`);
}
