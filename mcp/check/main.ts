import { readFileSync } from "node:fs";
import { notYet, WaitTimeout, waitFor } from "../../components/core/wait.ts";
import { environmentSchema } from "../../components/settings/environment/variables/index.ts";
import { EnvironmentError, readEnvironment } from "../servers/kit/environment.ts";
import { checkServers } from "./checkServers.ts";
import type { GatewayView, ServerCheck } from "./judge.ts";
import type { Plan } from "./plan.ts";
import { advice, faultsOf, linesOf } from "./report.ts";

/**
 * Checks every MCP server as a client does, through Nginx, and retries those that fail until the plan's deadline. Prints
 * one line of JSON for each server, then the failures and what to do about them. Exits with 1 on a failure, with 78
 * (EX_CONFIG) without its environment.
 */
const environment = given();
const plan = JSON.parse(environment.SOPHIA_CHECK_PLAN) as Plan;
const token = readFileSync(environment.SOPHIA_CHECK_TOKEN_FILE, "utf8").trim();
const { servers, address, certificate: ca, deadline } = plan;

const names = servers.map(({ name }) => name);

const found = new Map<string, ServerCheck>();
let gateway: GatewayView | undefined;
const faults = () => faultsOf({ servers: [...found.values()], gateway });

try {
  await waitFor({ what: "every MCP server to respond", deadline, interval: 1 }, async () => {
    // Not those that passed: the others may be slow because the CPU is busy.
    const left = servers.filter(({ name }) => {
      const known = found.get(name);
      return !known?.ready || known.gateway === "failed";
    });
    const checked = await checkServers(left, plan.gateway, { address, ca, token, timeout: 10 }, names);
    gateway = checked.gateway;
    for (const server of checked.servers) found.set(server.name, server);
    return faults().length === 0 ? true : notYet(faults().join("; "));
  });
} catch (error) {
  if (!(error instanceof WaitTimeout)) throw error;
  process.exitCode = 1;
}
// In the plan's order: a Map keeps the position of the first insertion.
for (const line of linesOf([...found.values()])) process.stdout.write(`${line}\n`);
// Kubernetes keeps the end of a failed container's log in the pod's status, and the update shows it.
if (process.exitCode === 1) process.stderr.write(advice(faults(), deadline));

function given() {
  try {
    return readEnvironment("the check", environmentSchema("mcp-check"));
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(78);
  }
}
