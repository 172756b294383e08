import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import coverage from "istanbul-lib-coverage";
import { run } from "../../tools/exec.ts";
import { repository } from "../../tools/repository.ts";

/** Lines of a file that hold code, and those of them that ran. */
interface Lines {
  all: Set<number>;
  ran: Set<number>;
}

/**
 * Line coverage of our own code by everything that ran: the tests' own process, and every Node process that they
 * started (the CLI's program, plugins, dynamic providers, emulator, servers), which run the same files as they are.
 *
 * @param reports folder with a folder `coverage-<suite>` for each suite, and `processes` for the raw data of others
 */
export async function lineCoverage(reports: string): Promise<{ percent: number; text: string }> {
  const files = new Map<string, Lines>();
  for (const folder of readdirSync(reports).filter((name) => name.startsWith("coverage-"))) {
    const file = join(reports, folder, "coverage-final.json");
    if (!existsSync(file)) continue;
    const map = coverage.createCoverageMap(JSON.parse(readFileSync(file, "utf8")));
    for (const path of map.files()) {
      const lines = files.get(path) ?? { all: new Set(), ran: new Set() };
      for (const [line, hits] of Object.entries(map.fileCoverageFor(path).getLineCoverage())) {
        lines.all.add(Number(line));
        if (hits > 0) lines.ran.add(Number(line));
      }
      files.set(path, lines);
    }
  }
  const raw = join(reports, "processes");
  const out = join(reports, "processes-report");
  await run(process.execPath, [
    join(repository, "node_modules/c8/bin/c8.js"),
    "report",
    `--temp-directory=${raw}`,
    "--reporter=json",
    `--reports-dir=${out}`,
    "--include=**/*.ts",
    "--exclude=tests/**",
  ]);
  const processes = coverage.createCoverageMap(
    JSON.parse(readFileSync(join(out, "coverage-final.json"), "utf8")),
  );
  for (const path of processes.files()) {
    const lines = files.get(path);
    if (!lines) continue;
    for (const [line, hits] of Object.entries(processes.fileCoverageFor(path).getLineCoverage())) {
      if (hits > 0 && lines.all.has(Number(line))) lines.ran.add(Number(line));
    }
  }
  return summary(files);
}

const percentOf = ({ all, ran }: { all: number; ran: number }) => (all === 0 ? 100 : (100 * ran) / all);

/** A line a folder, worst files named. */
function summary(files: Map<string, Lines>): { percent: number; text: string } {
  const folders = new Map<string, { all: number; ran: number }>();
  const total = { all: 0, ran: 0 };
  const worst: { path: string; percent: number }[] = [];
  for (const [path, { all, ran }] of files) {
    const name = relative(repository, path);
    const folder = name
      .split("/")
      .slice(0, name.startsWith("lab/") ? 2 : 1)
      .join("/");
    const sum = folders.get(folder) ?? { all: 0, ran: 0 };
    folders.set(folder, { all: sum.all + all.size, ran: sum.ran + ran.size });
    total.all += all.size;
    total.ran += ran.size;
    worst.push({ path: name, percent: percentOf({ all: all.size, ran: ran.size }) });
  }
  const rows = [...folders]
    .sort()
    .map(([name, sum]) => `  ${name.padEnd(28)} ${percentOf(sum).toFixed(1)} %`);
  const named = worst
    .filter(({ percent }) => percent < 60)
    .sort((a, b) => a.percent - b.percent)
    .slice(0, 15)
    .map(({ path, percent }) => `  ${path} ${percent.toFixed(0)} %`);
  const percent = percentOf(total);
  const text = [`line coverage ${percent.toFixed(1)} % of ${total.all} lines`, ...rows, "lowest:", ...named];
  return { percent, text: text.join("\n") };
}
