import { describe, expect, test } from "vitest";
import { k3sSettings } from "../../../components/settings/sections/k3s.ts";
import { nodeConfig } from "../../../k3s/config/config.ts";
import type { Host } from "../../../k3s/host.ts";
import { configureScript } from "../../../k3s/node/scripts.ts";
import { baseRules } from "../../../lambda/firewallRules.ts";
import { Hidden } from "../../../policies/engine/values.ts";
import { k3sConfig, k3sFaults } from "../../../policies/rules/cluster/k3sConfig.ts";
import { firewall } from "../../../policies/rules/platform/firewall.ts";
import { contextOf, resource } from "./fixtures.ts";

const host: Host = {
  name: "backend",
  machineId: "1ab0",
  address: "192.0.2.10",
  privateAddress: "10.0.0.10",
  user: "ubuntu",
  port: 22,
  roles: ["server", "data"],
  labels: {},
  taints: [],
  gpus: 1,
};
const sha256 = "0".repeat(64);
const settings = k3sSettings.parse({ release: { amd64: { url: "https://k3s.test/k3s", sha256 } } });

describe("S3 what this repository makes keeps the rules", () => {
  test("K3s's configuration", () => {
    for (const roles of [["server"], ["agent", "mcp"]] as Host["roles"][]) {
      const config = nodeConfig({ host: { ...host, roles }, settings, serverAddress: "192.0.2.10" });
      expect(k3sFaults(config, contextOf())).toEqual([]);
    }
  });

  test("K3s's configuration is found in the script that writes it, secret or not", () => {
    const extra = { ...settings, extraConfig: { "secrets-encryption": false } };
    const script = (given: typeof settings) =>
      configureScript({ host, settings: given, serverAddress: "192.0.2.10" }, { token: "t" });
    const evaluated = (text: string) =>
      k3sConfig.evaluate(resource({ stdin: new Hidden(text) }, "command:remote:Command"), contextOf());
    expect(evaluated(script(settings))).toEqual([]);
    expect(
      evaluated(script(extra))
        .map(({ message }) => message)
        .join(),
    ).toContain("secrets-encryption is not true");
  });

  test("L4 the firewall's rules", () => {
    const evaluated = (networks: string[]) =>
      firewall.evaluate(
        resource(
          { rules: baseRules({ adminNetworks: networks }) },
          "pulumi-nodejs:dynamic/lambda:FirewallRules",
        ),
        contextOf({ stack: "prod" }),
      );
    expect(evaluated(["203.0.113.0/24"])).toEqual([]);
    expect(evaluated(["0.0.0.0/0"])).toHaveLength(2);
  });
});
