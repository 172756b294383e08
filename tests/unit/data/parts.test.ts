import { expect, test } from "vitest";
import { partsOf, streamsOf } from "../../../data/parts.ts";
import {
  streamsOf as checkedOf,
  type QualityEnvironment,
  qualityEnvironment,
} from "../../../data/quality/environment.ts";

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
    "pipeline: hubspot is disabled: the stack's environment has no hubspotRefreshToken",
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

test("P1 what is checked follows from the sources, with the warehouse and without", () => {
  const without = (...names: string[]) =>
    streamsOf(partsOf(on, new Set(all.filter((name) => !names.includes(name)))).running);
  expect(without()).toHaveLength(7);
  expect(without("snowflakePrivateKey")).toEqual(without());
  expect(without("gongAccessKey")).toEqual([
    "hubspot_contacts",
    "hubspot_deals",
    "slack_channels",
    "slack_messages",
  ]);
  expect(without("slackCaptureToken", "snowflakePrivateKey")).toEqual([
    "hubspot_contacts",
    "hubspot_deals",
    "gong_calls",
    "gong_users",
    "gong_crm_entities",
  ]);
  expect(without("estuaryApiKey")).toEqual(["gong_calls", "gong_users", "gong_crm_entities"]);
  expect(without("estuaryTunnelKey", "gongAccessKeySecret")).toEqual([]);
});

test("P1 checks that have nothing to check raise nothing", () => {
  const streams = (text?: string) =>
    checkedOf(qualityEnvironment.partial().parse({ SOPHIA_QUALITY_STREAMS: text }) as QualityEnvironment);
  expect(streams()).toHaveLength(7);
  expect(streams("none")).toEqual([]);
  expect(streams("slack_channels").map(({ stream }) => stream)).toEqual(["slack_channels"]);
  expect(() => streams("slack_channels, gong")).toThrow(/no such stream: gong/);
});
