/** The lab's commands; `make` calls them. */
import { build } from "./commands/build.ts";
import { down } from "./commands/down.ts";
import { up } from "./commands/up.ts";
import { labOf } from "./lab.ts";
import { duration, Progress } from "./progress.ts";
import { withLock } from "./state/lock.ts";

const usage = `usage: node lab/cli.ts <command>
  up               bring the platform up on this machine
  down             remove it
  build            only build what it needs`;

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => abort.abort(new Error(`interrupted; run the command again to go on from here`)));
}

const [command = "", ...args] = process.argv.slice(2);
const lab = labOf();
const progress = new Progress();
const start = performance.now();

/** Commands that change the lab take turns. */
const exclusive = (work: () => Promise<void>) => withLock(`${lab.folder}.lock`, command, work);

const commands: Record<string, () => Promise<void>> = {
  up: () => exclusive(() => up(lab, progress, abort.signal)),
  down: () => exclusive(() => down(lab, progress)),
  build: () => build(lab, progress, abort.signal),
};

const run = commands[command];
if (!run || args.length > 0) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
try {
  await run();
  const phases = progress.timings.map(({ title, seconds }) => `${title} ${duration(seconds)}`).join(", ");
  process.stderr.write(`${phases}; ${duration((performance.now() - start) / 1000)} in all\n`);
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : error}\n`);
  process.exitCode = abort.signal.aborted ? 130 : 1;
}
