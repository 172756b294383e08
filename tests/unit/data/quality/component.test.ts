import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { logins } from "../../../../components/services/postgres/logins.ts";
import { environmentSchema } from "../../../../components/settings/environment/variables/index.ts";
import { pipelineSettings } from "../../../../components/settings/sections/pipeline.ts";
import { Quality } from "../../../../data/quality/component/quality.ts";
import { snowflakeSection } from "../../../support/pipeline/settings.ts";

const registered: { type: string; inputs: Record<string, unknown> }[] = [];
await pulumi.runtime.setMocks({
  newResource({ type, name, inputs }) {
    registered.push({ type, inputs });
    return { id: `${name}-id`, state: inputs };
  },
  call: () => ({}),
});

test("P5 the checks may ask Estuary and HubSpot, with keys from files, and reach nothing else", async () => {
  const loginSecrets = Object.fromEntries(logins.map(({ name }) => [name, `postgres-${name}`]));
  new Quality("quality", {
    settings: pipelineSettings.parse({
      estuary: { agentUrl: "http://10.1.2.3:8443/estuary" },
      quality: { hubspot: { apiUrl: "http://10.1.2.4:8444/hubspot", maxAheadMinutes: 70 } },
      snowflake: snowflakeSection,
    }),
    image: "registry.example/pipeline@sha256:0",
    namespace: "data",
    postgres: {
      host: "postgres-rw.data.svc",
      port: 5432,
      loginSecrets: loginSecrets as Record<(typeof logins)[number]["name"], string>,
      passwords: loginSecrets as Record<(typeof logins)[number]["name"], string>,
      caSecret: "postgres-ca",
    },
    streams: [],
    estuary: {
      tasks: ["sophia/a/source-slack", "sophia/a/source-postgres"],
      apiKey: pulumi.secret("hidden"),
    },
    hubspot: {
      clientId: pulumi.secret("hidden"),
      clientSecret: pulumi.secret("hidden"),
      refreshToken: pulumi.secret("hidden"),
    },
  });
  await pulumi.runtime.disconnect();
  const made = (type: string) => registered.find((each) => each.type.endsWith(`:${type}`))?.inputs ?? {};

  const { template } = made("Deployment").spec as {
    template: {
      metadata: { labels: object };
      spec: { containers: { env: { name: string; value: string }[] }[] };
    };
  };
  const env = template.spec.containers[0]?.env ?? [];
  const environment = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  expect(environmentSchema("quality").parse(environment)).toMatchObject({
    SOPHIA_QUALITY_STREAMS: "none",
    SOPHIA_ESTUARY_TASKS: "sophia/a/source-slack,sophia/a/source-postgres",
    SOPHIA_ESTUARY_URL: "http://10.1.2.3:8443/estuary",
    SOPHIA_ESTUARY_API_KEY_FILE: "/etc/sophia-secrets/SOPHIA_ESTUARY_API_KEY_FILE",
    SOPHIA_HUBSPOT_URL: "http://10.1.2.4:8444/hubspot",
    SOPHIA_HUBSPOT_WATCH_INTERVAL: 300,
    SOPHIA_HUBSPOT_MAX_AHEAD: 4200,
    SOPHIA_HUBSPOT_REFRESH_TOKEN_FILE: "/etc/sophia-secrets/SOPHIA_HUBSPOT_REFRESH_TOKEN_FILE",
  });
  expect(JSON.stringify(template)).not.toContain("hidden");
  const secret = made("Secret") as { stringData: { value: object } };
  expect(Object.keys(secret.stringData.value)).toEqual([
    "SOPHIA_ESTUARY_API_KEY_FILE",
    "SOPHIA_HUBSPOT_CLIENT_ID_FILE",
    "SOPHIA_HUBSPOT_CLIENT_SECRET_FILE",
    "SOPHIA_HUBSPOT_REFRESH_TOKEN_FILE",
  ]);
  const policy = made("NetworkPolicy").spec as { podSelector: { matchLabels: object }; egress: object[] };
  expect(template.metadata.labels).toMatchObject(policy.podSelector.matchLabels);
  expect(policy.egress).toEqual([
    { to: [{ ipBlock: { cidr: "10.1.2.3/32" } }], ports: [{ port: 8443, protocol: "TCP" }] },
    { to: [{ ipBlock: { cidr: "10.1.2.4/32" } }], ports: [{ port: 8444, protocol: "TCP" }] },
  ]);
});
