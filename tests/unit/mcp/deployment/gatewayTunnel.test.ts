import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test } from "vitest";
import { mcpSettings } from "../../../../components/settings/sections/services.ts";
import { Gateway } from "../../../../mcp/gateway/gateway.ts";
import { type Asked, mockEngine, resolved } from "./engine.ts";

const name = "mcp-gateway";
let engine: Asked;
beforeEach(async () => {
  engine = await mockEngine();
  const gateway = new Gateway("g", {
    settings: mcpSettings.parse({}),
    namespace: "mcp",
    backends: [],
    auth: { by: "nginx" },
    sessions: {
      host: pulumi.output("redis.data.svc"),
      port: 6379,
      ca: pulumi.output("PEM of Redis"),
      password: pulumi.secret("of-redis"),
    },
    tunnel: { image: "registry.test/nginx:1", dns: "10.43.0.10" },
  });
  await resolved(gateway.digest);
  await expect.poll(() => engine.names("Deployment")).toContain(name);
});

test("S4 sessions go to Redis over TLS, from the pod's loopback, with the certificate that Redis has", () => {
  const { data } = engine.of("ConfigMap", name) as { data: Record<string, string> };
  expect(data["redis.crt"]).toBe("PEM of Redis");
  expect(data["redis.conf"]).toContain("set $redis redis.data.svc:6379;");
  expect(data["redis.conf"]).toContain("proxy_ssl_name redis.data.svc;");
  expect(data["redis.conf"]).toContain("resolver 10.43.0.10 ");
  // Nothing but its health is to be had from outside of the pod.
  expect(data["redis.conf"]?.match(/listen .*;/g)).toEqual(["listen 127.0.0.1:6379;", "listen 8091;"]);
  expect(data["vmcp.yaml"]).toContain("address: 127.0.0.1:6379");
});

test("M3 W3 the way to Redis is there before the engine starts, and until it has ended", () => {
  const { template } = engine.of("Deployment", name).spec as {
    template: { spec: Record<string, unknown[]> };
  };
  const { initContainers, containers } = template.spec;
  expect(containers).toHaveLength(1);
  // What always restarts here Kubernetes starts before the containers, and ends after them.
  expect(initContainers).toMatchObject([
    {
      image: "registry.test/nginx:1",
      restartPolicy: "Always",
      command: ["nginx", "-e", "stderr", "-c", "/etc/sophia/redis.conf"],
      startupProbe: { tcpSocket: { port: "tunnel" } },
      securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    },
  ]);
});
