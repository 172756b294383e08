/** The lab's commands; `make` calls them. */
import { advice } from "./advice.ts";
import { build } from "./commands/build.ts";
import { down } from "./commands/down.ts";
import { logs } from "./commands/logs.ts";
import { mcpConfig } from "./commands/mcpConfig.ts";
import { preview } from "./commands/preview.ts";
import { status } from "./commands/status.ts";
import { up } from "./commands/up.ts";
import { labOf } from "./lab.ts";
import { duration, Progress } from "./progress.ts";
import { withLock } from "./state/lock.ts";

const usage = `usage: node lab/cli.ts <command>
  up [--refresh]   bring the platform up on this machine; --refresh replaces what was lost
  down             remove it
  build            only build what it needs
  status [--json]  say what runs, where, since when, and what is wrong; exit 1 when anything is
  preview <stack> [--comment=<file>] [--plan=<file>]
                   show what an update of local, dev or prod would do; offline; also as Markdown, as JSON
  mcp-config [cursor|vscode|generic]
                   the configuration of an MCP client, with its token
  logs [<what>]    what was said last: up, cloud, releases, a host's name, or <namespace>/<workload>`;

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => abort.abort(new Error(`interrupted; run the command again to go on from here`)));
}

const [command = "", ...given] = process.argv.slice(2);
/** `--name=value`. */
const options = Object.fromEntries(
  given.flatMap((each) => {
    const found = /^--([a-z]+)=(.+)$/s.exec(each);
    return found ? [[found[1], found[2]]] : [];
  }),
) as Record<string, string | undefined>;
const args = given.filter((each) => !/^--[a-z]+=/.test(each));
const lab = labOf();
const progress = new Progress();
const start = performance.now();

/** Commands that change the lab take turns. */
const exclusive = (work: () => Promise<void>) => withLock(`${lab.folder}.lock`, command, work);

const commands: Record<string, () => Promise<void>> = {
  up: () => exclusive(() => up(lab, args.includes("--refresh"), progress, abort.signal)),
  down: () => exclusive(() => down(lab, progress)),
  status: async () => {
    if (!(await status(lab, args.includes("--json")))) process.exitCode = 1;
  },
  preview: () => {
    const { comment, plan } = options;
    return preview(lab, args[0] ?? "local", { comment, plan }, progress, abort.signal);
  },
  logs: () => logs(lab, args[0]),
  "mcp-config": () => mcpConfig(lab, args[0]),
  build: () => build(lab, progress, abort.signal),
};

const run = commands[command];
const known = command === "preview" ? ["comment", "plan"] : [];
if (!run || args.length > 1 || Object.keys(options).some((name) => !known.includes(name))) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
try {
  await run();
  if (progress.timings.length > 0) {
    const phases = progress.timings.map(({ title, seconds }) => `${title} ${duration(seconds)}`).join(", ");
    process.stderr.write(`${phases}; ${duration((performance.now() - start) / 1000)} in all\n`);
  }
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const help = advice(message, lab);
  process.stderr.write(`\n${message}\n${help ? `\n${help}\n` : ""}`);
  process.exitCode = abort.signal.aborted ? 130 : 1;
}
