/** The lab's commands; `make` calls them. */

import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { messageOf } from "../components/core/errors.ts";
import { refuse } from "../tools/commandLine.ts";
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
  status [--json]  show hosts, nodes, releases, servers, streams, backups and problems; exit 1 when unhealthy
  preview <stack> [--comment=<file>] [--plan=<file>]
                   show what an update would do; also write it as Markdown, as JSON. Of dev and prod offline; local is
                   compared with the lab, and gets Docker, registry and emulators for that: down removes them
  mcp-config [cursor|vscode|generic]
                   print the configuration of an MCP client, with its token
  logs [<log>]     print a log: up, cloud, releases, a host's name, or <namespace>/<workload>`;

/** Options of a command, and a word after its name. */
interface Given {
  comment?: string;
  json?: boolean;
  plan?: string;
  refresh?: boolean;
  word?: string | undefined;
}

interface Command {
  options?: ParseArgsOptionsConfig;
  /** Takes a word after its name. */
  word?: boolean;
  /** Must end in order when it is interrupted; the others end at once. */
  ordered?: true;
  run(given: Given): Promise<void>;
}

/** Only one command at a time may change the lab. */
const exclusive = (work: () => Promise<void>) => withLock(files(lab).lock, name, work);

const commands: Record<string, Command> = {
  up: {
    options: { refresh: { type: "boolean" } },
    ordered: true,
    run: ({ refresh = false }) => exclusive(() => up(lab, refresh, progress, signal)),
  },
  down: { run: () => exclusive(() => down(lab, progress)) },
  status: {
    options: { json: { type: "boolean" } },
    async run({ json = false }) {
      if (!(await status(lab, json))) process.exitCode = 1;
    },
  },
  preview: {
    options: { comment: { type: "string" }, plan: { type: "string" } },
    word: true,
    ordered: true,
    run({ word: stack = "local", comment, plan }) {
      const work = () => preview(lab, stack, { comment, plan }, progress, signal);
      // That of `local` starts what the program needs, as `up` does.
      return stack === "local" ? exclusive(work) : work();
    },
  },
  logs: { word: true, run: ({ word }) => logs(lab, word) },
  "mcp-config": { word: true, run: ({ word }) => mcpConfig(lab, word) },
  build: { ordered: true, run: () => build(lab, progress, signal) },
};

const [name = "", ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) refuse(name ? `there is no command ${name}` : "no command is given", usage);
const given = givenTo(command);
const signal = command.ordered ? interruptible() : new AbortController().signal;
// A reader of their output, such as `head`, may end first.
if (!command.ordered) survivesClosedTerminal();
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

/** What the command was given; what it does not know, or an option without its value, ends it. */
function givenTo({ options = {}, word = false }: Command): Given {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: word });
    const empty = Object.keys(values).find((option) => values[option] === "");
    if (empty) throw new Error(`--${empty}= lacks its value`);
    if (positionals.length > 1) throw new Error(`too many words: ${positionals.join(" ")}`);
    return { ...values, word: positionals[0] };
  } catch (error) {
    return refuse(`${name}: ${messageOf(error)}`, usage);
  }
}

try {
  if (["up", "down", "preview", "build"].includes(name)) await checkFolder(lab);
  await command.run(given);
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
