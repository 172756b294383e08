import { expect, test } from "vitest";
import { streamsOf } from "../../../data/component/estuary.ts";
import { partsOf } from "../../../data/parts.ts";

const all = [
  "estuaryApiKey",
  "estuaryTunnelKey",
  "gongAccessKey",
  "gongAccessKeySecret",
  "hubspotClientId",
  "hubspotClientSecret",
  "hubspotRefreshToken",
  "slackCaptureToken",
  "snowflakePrivateKey",
  "snowflakeLoaderPrivateKey",
];
const on = { enabled: true };

test("P1 with all secrets everything runs, and there is nothing to say", () => {
  expect(partsOf(on, new Set(all))).toEqual({
    running: ["estuary", "hubspot", "slack", "gong", "snowflake"],
    notices: [],
  });
});

test("P1 a part without its secrets is left out with a notice that names them", () => {
  const { running, notices } = partsOf(on, new Set(all.filter((name) => name !== "hubspotRefreshToken")));
  expect(running).toEqual(["estuary", "slack", "gong", "snowflake"]);
  expect(notices).toEqual([
    "pipeline: hubspot is left out: no hubspotRefreshToken in the stack's environment",
  ]);
});

test("P1 without Estuary only what does not need it runs", () => {
  const { running, notices } = partsOf(on, new Set(all.filter((name) => name !== "estuaryApiKey")));
  expect(running).toEqual(["gong", "snowflake"]);
  expect(notices).toHaveLength(3);
});

test("P1 switched off, nothing runs, whatever secrets there are", () => {
  expect(partsOf({ enabled: false }, new Set(all)).running).toEqual([]);
});

test("P1 what flows follows from the sources", () => {
  expect(streamsOf([])).toEqual(["gong_calls", "gong_users", "gong_crm_entities"]);
  expect(streamsOf(["slack"])).toContain("slack_messages");
  expect(streamsOf(["slack"])).not.toContain("hubspot_deals");
});
