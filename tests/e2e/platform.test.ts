import { afterAll, beforeAll, describe, expect } from "vitest";
import { watchCommandLines } from "../support/commandLines.ts";
import { command, minutes, up } from "./lab.ts";
import { learnAccess } from "./mcpClient.ts";
import { backups, stopBucket } from "./parts/backup.ts";
import { badInput } from "./parts/badInput.ts";
import { changes } from "./parts/changes.ts";
import { down } from "./parts/down.ts";
import { freshLab } from "./parts/freshLab.ts";
import { gatewayChanges } from "./parts/gatewayChanges.ts";
import { gpu } from "./parts/gpu.ts";
import { interruptions } from "./parts/interruptions.ts";
import { mcpCalls } from "./parts/mcp/calls.ts";
import { mcpCheck } from "./parts/mcp/check.ts";
import { mcpReach } from "./parts/mcp/reach.ts";
import { mcpRollout } from "./parts/mcp/rollout.ts";
import { mcp } from "./parts/mcp/servers.ts";
import { monitoring } from "./parts/monitoring.ts";
import { oneHost } from "./parts/oneHost.ts";
import { pipelineDisabled } from "./parts/pipeline/disabled.ts";
import { pipeline } from "./parts/pipeline/flow.ts";
import { migrationFails } from "./parts/pipeline/migrationFails.ts";
import { postgresKilled } from "./parts/pipeline/postgresKilled.ts";
import { secrets } from "./parts/secrets.ts";
import { threeHosts } from "./parts/threeHosts.ts";

/** Beside its neighbours, each of its own tests after the other: they mostly wait, for a schedule or a probe. */
const beside = (name: string, part: () => void) =>
  describe.concurrent(name, () => {
    describe("one by one", { concurrent: false }, part);
  });

/** Of all processes that were seen while the lab was brought up. */
let commandLines = "";

beforeAll(async () => {
  const watch = watchCommandLines();
  await interruptions();
  const first = await up();
  commandLines = await watch.stop();
  expect(first.code, first.said.slice(-4000)).toBe(0);
}, 60 * minutes);

afterAll(async () => {
  await command("down");
  await stopBucket();
}, 15 * minutes);

// One lab for all, in this order.
describe("a fresh lab", freshLab);
describe("the check of the MCP servers", mcpCheck);
describe("a lab that runs", () => {
  // They remove servers and call them: one after the other.
  beside("MCP", () => {
    beforeAll(learnAccess, 10 * minutes);
    mcpReach();
    mcp();
    mcpCalls();
    mcpRollout();
  });
  beside("GPU", gpu);
  beside("pipeline", pipeline);
  beside("secrets", () => secrets(() => commandLines));
});
// Every other part needs PostgreSQL: not concurrently.
describe("PostgreSQL is killed", postgresKilled);
describe("a migration fails", migrationFails);
describe("changes", changes);
describe("a changed gateway", gatewayChanges);
describe("bad input", badInput);
describe("three hosts", threeHosts);
describe("monitoring", monitoring);
describe("backups", backups);
describe("a pipeline that is disabled", pipelineDisabled);
describe("down", down);
describe("one host", oneHost);
