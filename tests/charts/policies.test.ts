import { expect, test } from "vitest";
import { contentHash } from "../../components/core/digest.ts";
import { prometheusValues } from "../../components/monitoring/monitoring.ts";
import { type NamespaceName, namespaceNames } from "../../components/network/names.ts";
import { nginxValues } from "../../components/services/nginx.ts";
import { redisValues } from "../../components/services/redis/redis.ts";
import { monitoringSettings } from "../../components/settings/sections/monitoring.ts";
import { nginxSettings, redisSettings } from "../../components/settings/sections/services.ts";
import type { Subject } from "../../policies/engine/rule.ts";
import { manifestSubjects } from "../../policies/engine/subjects.ts";
import type { Json } from "../../policies/engine/values.ts";
import { rules } from "../../policies/rules/index.ts";
import { contextOf } from "../unit/policies/fixtures.ts";
import { render } from "./render.ts";

const faults = (chart: string, namespace: string, values: object) =>
  manifestSubjects(
    `${chart}-release`,
    render(chart, namespace, values) as unknown as Json[],
    namespace,
  ).flatMap((subject) =>
    rules.flatMap((rule) =>
      rule.evaluate(subject, contextOf()).map((fault) => `${rule.name}: ${JSON.stringify(fault)}`),
    ),
  );

test("S3 a digest in the name of a Secret is not taken for a key, in the release or in its pod", () => {
  // Whether a digest looks random is chance.
  for (let n = 0; n < 200; n += 1) {
    const values = redisValues(redisSettings.parse({}), {
      storageClass: "local-path",
      loginsHash: contentHash(n),
      tlsHash: contentHash("tls", n),
    });
    const volume = { secret: { secretName: `redis-logins-${values.loginsHash}` } };
    // As the pods of backups mount it.
    const projected = { sources: [{ secret: { name: `redis-tls-${values.tlsHash}` } }] };
    const props = { values, volumes: [volume, { projected }] };
    const release = { type: "kubernetes:helm.sh/v3:Release", name: "redis", props };
    const found = rules
      .filter(({ name }) => name === "no-hard-coded-keys")
      .flatMap((rule) => rule.evaluate(release as Subject, contextOf()));
    expect([values.loginsHash, found]).toEqual([values.loginsHash, []]);
  }
});

test("S3 the charts of Nginx, Redis and Prometheus keep the rules", () => {
  const nginx = nginxValues(nginxSettings.parse({ hostnames: ["sophia.test"] }), {
    routes: [{ path: "/mcp/one", kind: "sse", host: "one.mcp.svc.cluster.local", port: 8080 }],
    serviceCidr: "10.43.0.0/16",
    tlsSecret: "nginx-tls",
    tlsHash: "0a1b2c3d4e5f6071",
  });
  expect(faults("nginx", "ingress", nginx)).toEqual([]);
  const redis = redisValues(redisSettings.parse({}), {
    storageClass: "local-path",
    loginsHash: "0a1b2c3d4e",
    tlsHash: "1b2c3d4e5f",
  });
  expect(faults("redis", "data", redis)).toEqual([]);
  const prometheus = prometheusValues(monitoringSettings.parse({}), {
    monitored: { targets: [{ job: "one", namespace: "mcp", pods: { app: "one" }, port: 8080 }], rules: {} },
    namespaces: Object.fromEntries(namespaceNames.map((name) => [name, name])) as Record<
      NamespaceName,
      string
    >,
    hosts: [{ address: "192.0.2.7" }],
    storageClass: "local-path",
    slackSecret: "slack",
  });
  expect(faults("prometheus", "monitoring", prometheus)).toEqual([]);
});
