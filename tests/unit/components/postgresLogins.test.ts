import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { Postgres, PostgresOperator } from "../../../components/services/postgres/index.ts";
import { logins } from "../../../components/services/postgres/logins.ts";
import { parseManifest } from "../../../components/services/postgres/manifest.ts";
import { postgresSettings } from "../../../components/settings/sections/services.ts";
import { find, mockEngine, registered, resolved, unmarked } from "./registered.ts";

await mockEngine();

const manifest = parseManifest(
  `apiVersion: v1
kind: ServiceAccount
metadata: { name: manager, namespace: cnpg-system }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: controller, namespace: cnpg-system }
spec:
  template:
    spec:
      containers: [{ name: manager, image: "example.test/manager:1" }]
      volumes: [{ name: certificates, secret: { secretName: of-webhooks } }]
---
apiVersion: v1
kind: Service
metadata: { name: webhooks, namespace: cnpg-system }
`,
  "test",
);

test("D1 the operator finds its certificate when it starts, and a manifest without its Service is refused", async () => {
  const operator = new PostgresOperator("o", {
    manifest,
    namespace: new pulumi.ComponentResource("t:t:T", "t"),
  });
  expect(await resolved(operator.ready)).toBe(true);
  const kinds = registered.filter(({ name }) => name.startsWith("o-object-")).map(({ type }) => type);
  expect(kinds.sort()).toEqual([
    "kubernetes:apps/v1:Deployment",
    "kubernetes:core/v1:Service",
    "kubernetes:core/v1:ServiceAccount",
  ]);
  // Its own the operator would only make when its pod runs, and wait for it to appear there.
  const names = registered.map(({ name }) => name);
  expect(names.indexOf("o-webhook")).toBeLessThan(names.indexOf("o-object-cnpg-system/controller"));
  expect(find("kubernetes:core/v1:Secret", "o-webhook").metadata).toEqual({
    name: "of-webhooks",
    namespace: "cnpg-system",
  });

  const isolated = new pulumi.ComponentResource("t:t:T", "u");
  const unreachable = manifest.filter(({ kind }) => kind !== "Service");
  expect(() => new PostgresOperator("q", { manifest: unreachable, namespace: isolated })).toThrow(
    /manifest \(postgres\.operatorManifest\) has no Service/,
  );
});

test("D1 PostgreSQL comes after its operator, with a Secret for each login", async () => {
  const operator = new PostgresOperator("o", {
    manifest,
    namespace: new pulumi.ComponentResource("t:t:T", "t"),
  });
  const build = (poolerInstances: number, name: string) =>
    new Postgres(name, {
      settings: postgresSettings.parse({ poolerInstances }),
      operator,
      namespace: "data",
      storageClass: "fast",
    });
  const postgres = build(1, "p");
  expect(await resolved(postgres.host)).toBe("postgres-rw.data.svc.cluster.local");
  expect(await resolved(postgres.pooledHost)).toBe("postgres-pooler.data.svc.cluster.local");
  expect(await resolved(postgres.caSecret)).toBe("postgres-tls");
  expect(await resolved(postgres.loginSecrets.mcp_data)).toBe("postgres-login-mcp-data");
  expect(unmarked(find("kubernetes:core/v1:Secret", "p-login-mcp_data").stringData)).toMatchObject({
    value: { username: "mcp_data", password: "password of p-password-mcp_data" },
  });
  expect(JSON.stringify(find("kubernetes:helm.sh/v3:Release", "p-service-release"))).not.toContain(
    "password of",
  );
  expect(await resolved(build(0, "q").pooledHost)).toBe("postgres-rw.data.svc.cluster.local");

  expect(unmarked(find("kubernetes:core/v1:Secret", "p-tls").stringData)).toMatchObject({
    secret: true,
    value: { "ca.crt": "certificate", "tls.crt": "certificate", "tls.key": "key" },
  });
  expect(find("pulumi-nodejs:dynamic/services:SelfSignedCertificate", "p-certificate").names).toContain(
    "postgres-rw.data.svc.cluster.local",
  );
  // A runner that only plans does not reach the cluster's API, and a preview reads, too.
  expect(registered.filter(({ read }) => read)).toEqual([]);

  // A stack from before the setting keeps its passwords; another generation is another one for each login.
  const password = "random:index/randomPassword:RandomPassword";
  expect(find(password, "p-password-mcp_data")).not.toHaveProperty("keepers");
  const next = new Postgres("g", {
    settings: postgresSettings.parse({ passwordGeneration: 2 }),
    operator,
    namespace: "data",
    storageClass: "fast",
  });
  await resolved(next.host);
  const kept = ["mcp_data", "mcp_business", "mcp_postgres"];
  for (const { name } of logins.filter((login) => !kept.includes(login.name)))
    expect(find(password, `g-password-${name}`).keepers).toEqual({ generation: "2" });

  // What an MCP server logs in with opens until the generation after, so that its pod can roll.
  const used = ({ turns }: Postgres) => [turns.mcp_data.user, resolved(turns.mcp_data.password)];
  expect(await Promise.all(used(postgres))).toEqual(["mcp_data", "password of p-password-mcp_data"]);
  expect(await Promise.all(used(next))).toEqual(["mcp_data_even", "password of g-password-mcp_data_even"]);
  for (const name of kept) {
    expect(find(password, `g-password-${name}`)).not.toHaveProperty("keepers");
    expect(find(password, `p-password-${name}_even`).keepers).toEqual({ generation: "0" });
  }
});
