import { messageOf } from "../../components/core/errors.ts";
import type { Lab } from "../lab.ts";
import { openStack } from "../stack/open.ts";
import { collect, nothing } from "../status/collect.ts";
import { render } from "../status/render.ts";
import { judge, type Report } from "../status/report.ts";

/** `make status`. @returns whether the lab is healthy */
export async function status(lab: Lab, json: boolean): Promise<boolean> {
  const report = await examine(lab);
  process.stdout.write(`${json ? JSON.stringify(report) : render(report, Date.now())}\n`);
  return report.healthy;
}

/** Collects the state of every part. A lab that cannot be examined is a problem in the report, not an error. */
async function examine(lab: Lab): Promise<Report> {
  try {
    const opened = await openStack(lab);
    if (opened) return collect({ lab, ...opened });
    return judge({ stack: "local", ...nothing, problem: "this lab is not running; start it with `make up`" });
  } catch (error) {
    return judge({ stack: "local", ...nothing, problem: messageOf(error) });
  }
}
