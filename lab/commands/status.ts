import type { Lab } from "../lab.ts";
import { openStack } from "../stack/open.ts";
import { collect } from "../status/collect.ts";
import { render } from "../status/render.ts";
import { judge, type Report } from "../status/report.ts";

/** `make status`. @returns whether the lab is healthy */
export async function status(lab: Lab, json: boolean): Promise<boolean> {
  const report = await examine(lab);
  process.stdout.write(`${json ? JSON.stringify(report) : render(report, Date.now())}\n`);
  return report.healthy;
}

/** Collects the state of every part. */
async function examine(lab: Lab): Promise<Report> {
  const opened = await openStack(lab);
  if (opened) return collect({ lab, ...opened });
  const nothing = { hosts: [], nodes: [], releases: [], services: [], mcpServers: [], streams: [] };
  return judge({ stack: "local", ...nothing, problem: "this lab is not running; start it with `make up`" });
}
