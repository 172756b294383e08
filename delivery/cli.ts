/** What the workflows do; every command also runs by hand. See docs/delivery.md. */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { commands, usage } from "./commands.ts";

const [name = "", ...rest] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
try {
  // A workflow passes every input that it has: one that nobody filled in, `--host=`, is as good as not given.
  const args = rest.filter((each) => !/^--[a-z-]+=$/.test(each));
  const { values } = parseArgs({ args, options: command.options });
  const said = await command.run(values as Record<string, string | boolean | undefined>);
  if (said) process.stdout.write(`${said}\n`);
  await summary(said);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

/** GitHub shows what is written to this file on the run's page. */
async function summary(text: string): Promise<void> {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (!file || !text) return;
  const before = await readFile(file, "utf8").catch(() => "");
  await writeFile(file, `${before}${text}\n\n`);
}
