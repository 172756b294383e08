import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { parse } from "yaml";
import { isObject, type Plain, type PlainObject } from "../../kit/values.ts";
import { at, list, text } from "../object/access.ts";
import type { Session } from "../provider/session.ts";
import { helm } from "./binary.ts";
import type { ReleaseInputs } from "./inputs.ts";

/** Where helm finds the chart: arguments of `install`, `upgrade`, `template` and `show`. */
export function chartArguments(release: ReleaseInputs): string[] {
  const { repositoryOpts, version, chart } = release;
  const from = localChart(release);
  if (from) return [from];
  const flag = (name: string, value: string | undefined) => (value ? [name, value] : []);
  return [
    chart,
    ...flag("--repo", repositoryOpts?.repo),
    ...flag("--ca-file", repositoryOpts?.caFile),
    ...flag("--cert-file", repositoryOpts?.certFile),
    ...flag("--key-file", repositoryOpts?.keyFile),
    ...flag("--version", version),
  ];
}

/** Absolute path of a chart that is a folder or an archive on this machine; undefined for one of a repository. */
function localChart({ chart, repositoryOpts }: ReleaseInputs): string | undefined {
  if (repositoryOpts?.repo) return undefined;
  const path = resolve(chart);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() || (found?.isDirectory() && existsSync(join(path, "Chart.yaml")))) return path;
  if (isAbsolute(chart) || chart.startsWith(".")) throw new Error(`path "${chart}" not found`);
  return undefined;
}

function parseChart(yaml: string): PlainObject {
  const chart = parse(yaml) as Plain;
  if (!isObject(chart) || !text(chart as PlainObject, "name") || !text(chart as PlainObject, "version"))
    throw new Error("Chart.yaml has no name or no version");
  return chart as PlainObject;
}

function checkDependencies(folder: string, chart: PlainObject, release: ReleaseInputs): void {
  if (release.dependencyUpdate) return;
  const charts = join(folder, "charts");
  const present = existsSync(charts) ? readdirSync(charts) : [];
  // An archive may be called otherwise than `<name>-<version>.tgz`; what is inside, helm itself checks.
  const missing = list(chart, "dependencies")
    .map((dependency) => text(dependency, "name"))
    .filter(
      (name) =>
        !present.some((file) => file === name || (file.startsWith(`${name}-`) && /\.tgz$/.test(file))),
    );
  if (missing.length > 0)
    throw new Error(`found in Chart.yaml, but missing in charts/ directory: ${missing.join(", ")}`);
}

/** Version of the chart that would be installed; fails when the chart cannot be had or cannot be installed. */
export async function chartVersion(session: Session, release: ReleaseInputs): Promise<string> {
  const path = localChart(release);
  const isFolder = path !== undefined && statSync(path).isDirectory();
  const chart = parseChart(
    isFolder
      ? readFileSync(join(path, "Chart.yaml"), "utf8")
      : await helm(session, ["show", "chart", ...chartArguments(release)]),
  );
  if (at(chart, "type") === "library") throw new Error("library charts are not installable");
  if (isFolder) checkDependencies(path, chart, release);
  return text(chart, "version");
}
