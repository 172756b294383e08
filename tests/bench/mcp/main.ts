/**
 * Measures the MCP servers of a lab that is up, and prints Markdown, as docs/benchmarks.md has it.
 *
 *   make bench-mcp                     all of it: some fifteen minutes
 *   make bench-mcp PART=load           calls of 32 clients, directly, through Nginx, through the gateway; SECONDS each, the last at least 30
 *   make bench-mcp PART=memory         what each server takes now
 *   make bench-mcp PART=failures       servers killed one after another under load, 10 or KILLED; and one that hangs
 *
 * LAB names the lab; left out: the one that runs. It fails when a goal of the load is missed (`goals.ts`), and names it.
 */
import { availableParallelism, loadavg } from "node:os";
import { failures } from "./failures.ts";
import type { Findings } from "./goals.ts";
import { load } from "./load.ts";
import { memory } from "./memory.ts";
import { openPlatform, type Platform } from "./platform.ts";

const seconds = Number(process.env.SECONDS || 4);
const killed = Number(process.env.KILLED || 10);
const measured = async (text: Promise<string>): Promise<Findings> => ({ text: await text, missed: [] });
const parts: Record<string, (platform: Platform) => Promise<Findings>> = {
  load: (platform) => load(platform, seconds),
  memory: (platform) => measured(memory(platform)),
  failures: (platform) => measured(failures(platform, killed)),
};
const wanted = process.argv.slice(2);
if (wanted.some((part) => !parts[part]) || !(seconds >= 1) || !(killed >= 1)) {
  process.stderr.write(
    `usage: main.ts [${Object.keys(parts).join("|")}]; SECONDS and KILLED are 1 or more\n`,
  );
  process.exit(2);
}
try {
  const platform = await openPlatform();
  for (const [name, part] of Object.entries(parts)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const before = loadavg()[0] ?? 0;
    const { text, missed } = await part(platform);
    process.stdout.write(
      `\n${text}\n\n(${name}: ${availableParallelism()} cores, load ${before.toFixed(0)} before and ${(loadavg()[0] ?? 0).toFixed(0)} after)\n`,
    );
    if (missed.length > 0) {
      process.stderr.write(`missed:\n${missed.map((line) => `  ${line}\n`).join("")}`);
      process.exitCode = 1;
    }
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
