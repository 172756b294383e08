/**
 * `make dashboards`: writes the dashboards of a stack as files that Grafana imports.
 *
 *   node lab/dashboards/main.ts <stack> [--to=<folder>]     default: .lab/dashboards/<stack>
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { messageOf } from "../../components/core/errors.ts";
import { fileOf } from "../../components/monitoring/dashboards/publish.ts";
import { argumentsOf, refuse } from "../../tools/commandLine.ts";
import { repository } from "../../tools/repository.ts";
import { dashboardsOfStack } from "./stack.ts";

const usage = "usage: node lab/dashboards/main.ts <stack> [--to=<folder>]";
const { values, positionals } = argumentsOf(
  { options: { to: { type: "string" } }, allowPositionals: true },
  usage,
);
const [stack = "", ...more] = positionals;
if (!stack || more.length > 0) refuse("it takes the name of one stack", usage);
const file = join(repository, `Pulumi.${stack}.yaml`);
if (!existsSync(file)) refuse(`there is no stack ${stack}: ${file} does not exist`, usage);

try {
  const folder = resolve(values.to || join(repository, ".lab/dashboards", stack));
  const dashboards = dashboardsOfStack(stack, readFileSync(file, "utf8"));
  mkdirSync(folder, { recursive: true });
  for (const dashboard of dashboards) {
    const written = join(folder, `${dashboard.uid}.json`);
    writeFileSync(written, fileOf(dashboard));
    process.stdout.write(`${written}\n`);
  }
  process.stderr.write(
    "Import them in Grafana: Dashboards, New, Import. docs/monitoring.md#dashboards says more.\n",
  );
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
