import { readFileSync } from "node:fs";
import { notYet, WaitTimeout, waitFor } from "../../components/core/wait.ts";
import { environmentSchema } from "../../components/settings/environment/variables.ts";
import { readEnvironment } from "../servers/kit/environment.ts";
import { askAll } from "./ask.ts";
import type { GatewayView, ServerCheck } from "./judge.ts";
import type { Plan } from "./plan.ts";
import { advice, faultsOf, linesOf } from "./report.ts";

/**
 * Asks every MCP server as a client does, from outside through Nginx, and those that do not answer again until the
 * plan's deadline has passed. A line of JSON for each server; then what is wrong, and what to do. Ends with 1 if
 * anything is.
 */
const environment = readEnvironment("the check", environmentSchema("mcp-check"));
const plan = JSON.parse(environment.SOPHIA_CHECK_PLAN) as Plan;
const token = readFileSync(environment.SOPHIA_CHECK_TOKEN_FILE, "utf8").trim();
const { servers, address, certificate: ca, deadline } = plan;

const found = new Map<string, ServerCheck>();
let gateway: GatewayView | undefined;
const faults = () => faultsOf({ servers: [...found.values()], gateway });

try {
  await waitFor({ what: "every MCP server to answer", deadline, interval: 1 }, async () => {
    // Those that answered are left in peace: the rest may be slow for want of a CPU.
    const left = servers.filter(({ name }) => {
      const known = found.get(name);
      return !known?.ready || known.gateway === "failed";
    });
    const asked = await askAll(left, plan.gateway, { address, ca, token, timeout: 10 });
    gateway = asked.gateway;
    for (const server of asked.servers) found.set(server.name, server);
    return faults().length === 0 ? true : notYet(faults().join("; "));
  });
} catch (error) {
  if (!(error instanceof WaitTimeout)) throw error;
  process.exitCode = 1;
}
// In the plan's order, as a later answer keeps its place.
for (const line of linesOf([...found.values()])) process.stdout.write(`${line}\n`);
// The end of the log is what Kubernetes keeps of a failed pod, and what the update shows.
if (process.exitCode === 1) process.stderr.write(advice(faults(), deadline));
