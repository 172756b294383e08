import { readFileSync } from "node:fs";
import { notYet, WaitTimeout, waitFor } from "../../components/core/wait.ts";
import { askAll } from "./ask.ts";
import type { Plan } from "./plan.ts";
import { advice, faultsOf, linesOf } from "./report.ts";

/**
 * Asks every MCP server as a client does, from outside through Nginx, until all answer or the plan's deadline has passed.
 * A line of JSON for each server; then what is wrong, and what to do. Ends with 1 if anything is.
 */
const text = process.env.SOPHIA_CHECK_PLAN;
const tokenFile = process.env.SOPHIA_CHECK_TOKEN_FILE;
if (!text || !tokenFile) throw new Error("SOPHIA_CHECK_PLAN and SOPHIA_CHECK_TOKEN_FILE must be set");
const plan = JSON.parse(text) as Plan;
const token = readFileSync(tokenFile, "utf8").trim();
const { servers, gateway, address, certificate: ca, deadline } = plan;

let last: Awaited<ReturnType<typeof askAll>> | undefined;
try {
  await waitFor({ what: "every MCP server to answer", deadline, interval: 1 }, async () => {
    last = await askAll(servers, gateway, { address, ca, token, timeout: 10 });
    return faultsOf(last).length === 0 ? true : notYet(faultsOf(last).join("; "));
  });
} catch (error) {
  if (!(error instanceof WaitTimeout)) throw error;
  process.exitCode = 1;
}
for (const line of last ? linesOf(last.servers) : []) process.stdout.write(`${line}\n`);
// The end of the log is what Kubernetes keeps of a failed pod, and what the update shows.
if (process.exitCode === 1 && last) process.stderr.write(advice(faultsOf(last), deadline));
