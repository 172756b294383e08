import type { Lab } from "../lab.ts";
import { collect } from "../status/collect.ts";
import { render } from "../status/render.ts";
import { judge, type Report } from "../status/report.ts";
import { openStack } from "./open.ts";

/** `make status`. @returns whether all is well */
export async function status(lab: Lab, json: boolean): Promise<boolean> {
  const report = await examine(lab);
  process.stdout.write(`${json ? JSON.stringify(report) : render(report, Date.now())}\n`);
  return report.healthy;
}

/** Asks everything how it is. */
async function examine(lab: Lab): Promise<Report> {
  const opened = await openStack(lab);
  if (opened) return collect({ lab, ...opened });
  const nothing = { hosts: [], nodes: [], releases: [], services: [], mcpServers: [], streams: [] };
  return judge({ stack: "local", ...nothing, problem: "nothing runs here; bring it up with `make up`" });
}
