/** The lab's commands; `make` calls them. */

import { messageOf } from "../components/core/errors.ts";
import { interruptible, survivesClosedTerminal } from "../tools/interrupt.ts";
import { build } from "./commands/build.ts";
import { down } from "./commands/down.ts";
import { logs } from "./commands/logs.ts";
import { mcpConfig } from "./commands/mcpConfig.ts";
import { preview } from "./commands/preview.ts";
import { status } from "./commands/status.ts";
import { up } from "./commands/up.ts";
import { files, type Lab, labOf } from "./lab.ts";
import { checkFolder } from "./state/folder.ts";
import { withLock } from "./state/lock.ts";
import { advice } from "./terminal/advice.ts";
import { duration, Progress } from "./terminal/progress.ts";

const usage = `usage: node lab/cli.ts <command>
  up [--refresh]   start the platform on this machine, or apply changed settings; --refresh replaces lost hosts
  down             remove it
  build            build its tools and images without starting it
  status [--json]  show hosts, nodes, releases, servers, streams and problems; exit 1 when unhealthy
  preview <stack> [--comment=<file>] [--plan=<file>]
                   show what an update would do; also write it as Markdown, as JSON. Of dev and prod offline; local is
                   compared with the lab, and gets Docker, registry and emulators for that: down removes them
  mcp-config [cursor|vscode|generic]
                   print the configuration of an MCP client, with its token
  logs [<log>]     print a log: up, cloud, releases, a host's name, or <namespace>/<workload>`;

const [command = "", ...given] = process.argv.slice(2);
/** These commands must end in order when they are interrupted; the others end at once. */
const ordered = ["up", "preview", "build"].includes(command);
const signal = ordered ? interruptible() : new AbortController().signal;
// A reader of their output, such as `head`, may end first.
if (!ordered) survivesClosedTerminal();
/** `--name=value`. */
const options = Object.fromEntries(
  given.flatMap((each) => {
    const found = /^--([a-z]+)=(.+)$/s.exec(each);
    return found ? [[found[1], found[2]]] : [];
  }),
) as Record<string, string | undefined>;
const args = given.filter((each) => !/^--[a-z]+=/.test(each));
const lab = namedLab();
const progress = new Progress();
const start = performance.now();

/** The lab that the environment names; a bad name ends the command. */
function namedLab(): Lab {
  try {
    return labOf();
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  }
}

/** Only one command at a time may change the lab. */
const exclusive = (work: () => Promise<void>) => withLock(files(lab).lock, command, work);

const commands: Record<string, () => Promise<void>> = {
  up: () => exclusive(() => up(lab, args.includes("--refresh"), progress, signal)),
  down: () => exclusive(() => down(lab, progress)),
  status: async () => {
    if (!(await status(lab, args.includes("--json")))) process.exitCode = 1;
  },
  preview: () => {
    const stack = args[0] ?? "local";
    const { comment, plan } = options;
    const work = () => preview(lab, stack, { comment, plan }, progress, signal);
    // That of `local` starts what the program needs, as `up` does.
    return stack === "local" ? exclusive(work) : work();
  },
  logs: () => logs(lab, args[0]),
  "mcp-config": () => mcpConfig(lab, args[0]),
  build: () => build(lab, progress, signal),
};

const run = commands[command];
const known = command === "preview" ? ["comment", "plan"] : [];
if (!run || args.length > 1 || Object.keys(options).some((name) => !known.includes(name))) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
try {
  if (["up", "down", "preview", "build"].includes(command)) await checkFolder(lab);
  await run();
  if (progress.timings.length > 0) {
    const phases = progress.timings.map(({ title, seconds }) => `${title} ${duration(seconds)}`).join(", ");
    process.stderr.write(`${phases}; ${duration((performance.now() - start) / 1000)} in all\n`);
  }
} catch (error) {
  const said = messageOf(error);
  // Ctrl-C also reaches the child programs: their messages about it are not the cause.
  const { aborted, reason } = signal;
  const message = aborted && !said.includes(reason.message) ? reason.message : said;
  const help = advice(message, lab);
  process.stderr.write(`\n${message}\n${help ? `\n${help}\n` : ""}`);
  process.exitCode = aborted ? 130 : 1;
}
