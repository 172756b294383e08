import { expect, test } from "vitest";
import { healthScript } from "../../../k3s/health/scripts.ts";
import { host } from "./fixtures.ts";

const script = healthScript(host());

test("H2 the health service may open the GPUs' devices, with every systemd that hosts have", () => {
  // Each of these closes all devices that are not named; ProtectClock does before systemd 253.
  expect(script).not.toMatch(/^(ProtectClock|PrivateDevices|DevicePolicy|DeviceAllow)=/m);
});

test("H2 nothing in the health service may set the clock", () => {
  expect(script).toMatch(/^CapabilityBoundingSet=$/m);
  expect(script).toMatch(/^SystemCallFilter=@system-service$/m);
});
