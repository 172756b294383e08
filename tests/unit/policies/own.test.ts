import { describe, expect, test } from "vitest";
import { nginxValues } from "../../../components/services/nginx.ts";
import { redisValues } from "../../../components/services/redis.ts";
import { k3sSettings } from "../../../components/settings/k3s.ts";
import { nginxSettings, redisSettings } from "../../../components/settings/services.ts";
import { nodeConfig } from "../../../k3s/config.ts";
import type { Host } from "../../../k3s/host.ts";
import { configureScript } from "../../../k3s/node/scripts.ts";
import { baseRules } from "../../../lambda/firewallRules.ts";
import { manifestSubjects } from "../../../policies/engine/subjects.ts";
import { Hidden, type Json } from "../../../policies/engine/values.ts";
import { k3sConfig, k3sFaults } from "../../../policies/rules/cluster/k3sConfig.ts";
import { rules } from "../../../policies/rules/index.ts";
import { firewall } from "../../../policies/rules/platform/firewall.ts";
import { helm, render } from "../charts/render.ts";
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
    const judged = (text: string) =>
      k3sConfig.judge(resource({ stdin: new Hidden(text) }, "command:remote:Command"), contextOf());
    expect(judged(script(settings))).toEqual([]);
    expect(
      judged(script(extra))
        .map(({ message }) => message)
        .join(),
    ).toContain("secrets-encryption is not true");
  });

  test("L4 the firewall's rules", () => {
    const judged = (networks: string[]) =>
      firewall.judge(
        resource(
          { rules: baseRules({ adminNetworks: networks }) },
          "pulumi-nodejs:dynamic/lambda:FirewallRules",
        ),
        contextOf({ stack: "prod" }),
      );
    expect(judged(["203.0.113.0/24"])).toEqual([]);
    expect(judged(["0.0.0.0/0"])).toHaveLength(2);
  });

  const faults = (chart: string, namespace: string, values: object) =>
    manifestSubjects(
      `${chart}-release`,
      render(chart, namespace, values) as unknown as Json[],
      namespace,
    ).flatMap((subject) =>
      rules.flatMap((rule) =>
        rule.judge(subject, contextOf()).map((fault) => `${rule.name}: ${JSON.stringify(fault)}`),
      ),
    );

  test.skipIf(!helm)("the charts of Nginx and Redis", () => {
    const nginx = nginxValues(nginxSettings.parse({ hostnames: ["sophia.test"] }), {
      routes: [{ path: "/mcp/one", kind: "sse", host: "one.mcp.svc.cluster.local", port: 8080 }],
      serviceCidr: "10.43.0.0/16",
      tlsSecret: "nginx-tls",
      tlsHash: "0a1b2c3d4e5f6071",
    });
    expect(faults("nginx", "ingress", nginx)).toEqual([]);
    const redis = redisValues(redisSettings.parse({}), {
      storageClass: "local-path",
      secret: "redis-auth",
      passwordHash: "0a1b2c3d4e5f6071",
    });
    expect(faults("redis", "data", redis)).toEqual([]);
  });
});
