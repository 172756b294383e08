import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { namespaceNames } from "../../../components/network/names.ts";
import { Namespaces } from "../../../components/network/namespaces.ts";
import { Nginx } from "../../../components/services/nginx.ts";
import { Redis } from "../../../components/services/redis/redis.ts";
import { fleetSettings } from "../../../components/settings/sections/lambda.ts";
import { nginxSettings, redisSettings } from "../../../components/settings/sections/services.ts";
import { find, mockEngine, registered, resolved, unmarked } from "./registered.ts";

await mockEngine();

describe("namespaces", () => {
  test("S4 are isolated before their names resolve", async () => {
    const namespaces = new Namespaces("n", {
      apiServers: [{ address: "192.0.2.1", port: 6443 }],
      clusterCidr: "10.42.0.0/16",
      gpuSlices: 4,
    });
    for (const name of namespaceNames) {
      expect(await resolved(namespaces.names[name])).toBe(name);
      const position = (wanted: (inputs: { name?: string; namespace?: string }) => boolean) =>
        registered.findIndex(({ inputs }) => wanted(inputs.metadata ?? {}));
      expect(position((metadata) => metadata.namespace === name)).toBeGreaterThan(
        position((metadata) => metadata.name === name),
      );
      const isolation = registered.filter(
        ({ inputs }) => (inputs.metadata as { namespace?: string } | undefined)?.namespace === name,
      );
      expect(isolation.map(({ type }) => type)).toEqual(
        expect.arrayContaining([
          "kubernetes:core/v1:ResourceQuota",
          "kubernetes:core/v1:LimitRange",
          "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        ]),
      );
    }
    expect(
      find("kubernetes:networking.k8s.io/v1:NetworkPolicy", "n-gpu-gpu-plugin-to-api-out").spec,
    ).toMatchObject({
      egress: [{ to: [{ ipBlock: { cidr: "192.0.2.1/32" } }], ports: [{ port: 6443 }] }],
    });
  });

  test("M4 have a digest that changes with the API servers and the quotas, and only then", async () => {
    const digestOf = (address: string, gpuSlices: number) =>
      resolved(
        new Namespaces("n", { apiServers: [{ address, port: 6443 }], clusterCidr: "10.42.0.0/16", gpuSlices })
          .digest,
      );
    const first = await digestOf("192.0.2.1", 4);
    expect(await digestOf("192.0.2.1", 4)).toBe(first);
    expect(await digestOf("192.0.2.2", 4)).not.toBe(first);
    expect(await digestOf("192.0.2.1", 8)).not.toBe(first);
  });
});

describe("services", () => {
  test("D3 S1 Redis gets its logins by Secret, another one for another content, and clients their own password", async () => {
    const made = async (generation: number, mcpWrites = false) => {
      registered.length = 0;
      const settings = redisSettings.parse({ passwordGeneration: generation });
      const redis = new Redis("r", { settings, namespace: "data", storageClass: "fast", mcpWrites });
      expect(await resolved(redis.host)).toBe("redis.data.svc.cluster.local");
      const { metadata, ...secret } = find("kubernetes:core/v1:Secret", "r-logins");
      return { redis, secret, name: (metadata as { name: string }).name };
    };
    const { redis, secret, name } = await made(1);
    expect(name).toMatch(/^redis-logins-[0-9a-f]{10}$/);
    expect(secret.immutable).toBe(true);
    const { stringData } = secret as { stringData: { value: Record<string, string> } };
    expect(unmarked(stringData)).toMatchObject({
      secret: true,
      value: {
        admin: "password of r-password-admin",
        replica: "password of r-password-replica",
        probe: "password of r-password-probe",
      },
    });
    expect(Object.keys(stringData.value).sort()).toEqual(["admin", "probe", "replica", "users.acl"]);
    expect(stringData.value["users.acl"]).toMatch(/^user default reset on #[0-9a-f]{64} /);
    expect(stringData.value["users.acl"]).not.toContain("password of");
    const { values, namespace } = find("kubernetes:helm.sh/v3:Release", "r-service-release");
    expect(namespace).toBe("data");
    expect(unmarked(values).secret).toBe(false);
    expect(values).toMatchObject({
      loginsHash: name.replace("redis-logins-", ""),
      storage: { class: "fast" },
      chartHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(JSON.stringify(values)).not.toContain("password of");
    expect(await resolved(redis.passwords.gateway)).toBe("password of r-password-default");
    expect(await resolved(redis.passwords.mcp)).toBe("password of r-password-mcp");
    expect(await pulumi.isSecret(redis.passwords.mcp)).toBe(true);
    expect((await made(1)).name).toBe(name);
    expect((await made(1, true)).name).not.toBe(name);
    expect(find("random:index/randomPassword:RandomPassword", "r-password-admin")).toMatchObject({
      length: 32,
      keepers: { generation: "1" },
    });
  });

  test("S1 a client has its password of Redis only when Redis knows it", async () => {
    for (const client of ["gateway", "mcp"] as const) {
      registered.length = 0;
      const redis = new Redis("r", {
        settings: redisSettings.parse({}),
        namespace: "data",
        storageClass: "fast",
      });
      await resolved(redis.passwords[client]);
      expect(registered.map(({ name }) => name)).toContain("r-service-release");
    }
  });

  test("S4 Redis has a certificate for its names, and clients what they trust it by, once Redis has it", async () => {
    const settings = redisSettings.parse({});
    const redis = new Redis("t", { settings, namespace: "data", storageClass: "fast" });
    const secretName = await resolved(redis.caSecret);
    expect(await resolved(redis.ca)).toBe("certificate and successor");
    expect(registered.map(({ name }) => name)).toContain("t-service-release");
    const { names } = find("pulumi-nodejs:dynamic/services:CertificateSuccession", "t-certificate");
    expect(names).toEqual([
      "redis.data.svc.cluster.local",
      "redis.data.svc",
      "redis.data",
      "redis",
      "localhost",
    ]);
    const { metadata, stringData, immutable } = find("kubernetes:core/v1:Secret", "t-tls");
    expect({ metadata, immutable }).toEqual({
      metadata: { name: secretName, namespace: "data" },
      immutable: true,
    });
    expect(unmarked(stringData).value).toEqual({
      "tls.crt": "certificate",
      "tls.key": "key",
      "ca.crt": "certificate and successor",
    });
    const { values } = find("kubernetes:helm.sh/v3:Release", "t-service-release");
    expect(`redis-tls-${(values as { tlsHash: string }).tlsHash}`).toBe(secretName);
  });

  test("N1 Nginx learns its routes and keeps its key in a Secret", async () => {
    const nginx = new Nginx("w", {
      settings: {
        nginx: nginxSettings.parse({ hostnames: ["sophia.test"] }),
        hosts: fleetSettings.parse([
          { name: "a", roles: ["server", "data", "ingress"] },
          { name: "b", roles: ["agent", "mcp", "ingress"] },
        ]),
        k3s: { serviceCidr: "10.43.0.0/16" },
      },
      namespace: "ingress",
      routes: [
        { path: "/mcp/one", kind: "sse", host: pulumi.output("one.mcp.svc.cluster.local"), port: 8080 },
      ],
      tls: { certificate: "certificate", key: "the key" },
    });
    expect(await resolved(nginx.url)).toBe("https://sophia.test");
    const { values, timeout } = find("kubernetes:helm.sh/v3:Release", "w-service-release");
    expect(values).toMatchObject({
      resolver: "10.43.0.10",
      routes: [{ path: "/mcp/one", host: "one.mcp.svc.cluster.local" }],
    });
    expect(JSON.stringify(values)).not.toContain("the key");
    // An open stream keeps the old pod for so long, after both hosts have started a new one.
    const { drain } = values as { drain: number };
    expect(timeout).toBeGreaterThan(drain + 2 * 60 + 300);
  });
});
