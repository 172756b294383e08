import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { logins } from "../../../../components/services/postgres/logins.ts";
import { environmentSchema } from "../../../../components/settings/environment/variables/index.ts";
import { pipelineSettings } from "../../../../components/settings/sections/pipeline.ts";
import { Gong } from "../../../../data/component/gong.ts";
import { snowflakeSection } from "../../../support/pipeline/settings.ts";

const registered: { type: string; inputs: Record<string, unknown> }[] = [];
await pulumi.runtime.setMocks({
  newResource({ type, name, inputs }) {
    registered.push({ type, inputs });
    return { id: `${name}-id`, state: inputs };
  },
  call: () => ({}),
});

interface Pod {
  metadata: { labels: Record<string, string> };
  spec: {
    restartPolicy: string;
    automountServiceAccountToken: boolean;
    securityContext: object;
    volumes: { name: string; secret?: { secretName: string } }[];
    containers: { env: { name: string; value: string }[]; securityContext: object; command: string[] }[];
  };
}
interface Cron {
  concurrencyPolicy: string;
  schedule: string;
  jobTemplate: { spec: { template: Pod } };
}

test("P1 the extractor never runs twice, with its own keys and login, in restricted terms", async () => {
  const settings = pipelineSettings.parse({
    gong: { apiUrl: "https://10.1.2.3:8443", start: "2026-01-01T00:00:00Z" },
    snowflake: snowflakeSection,
  });
  const loginSecrets = Object.fromEntries(logins.map(({ name }) => [name, `postgres-${name}`]));
  new Gong("gong", {
    settings,
    image: "registry.example/pipeline@sha256:0",
    namespace: "data",
    postgres: {
      host: "postgres-rw.data.svc",
      port: 5432,
      loginSecrets: loginSecrets as Record<(typeof logins)[number]["name"], string>,
      passwords: loginSecrets as Record<(typeof logins)[number]["name"], string>,
      caSecret: "postgres-ca",
    },
    accessKey: pulumi.secret("key"),
    accessKeySecret: pulumi.secret("secret"),
  });
  await pulumi.runtime.disconnect();
  const made = (type: string) => registered.find((each) => each.type.endsWith(`:${type}`))?.inputs ?? {};

  const cron = made("CronJob").spec as Cron;
  expect(cron).toMatchObject({ concurrencyPolicy: "Forbid", schedule: settings.gong.schedule });
  const { metadata, spec } = cron.jobTemplate.spec.template;
  expect(spec).toMatchObject({
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  });
  const [container] = spec.containers;
  expect(container?.command.slice(-2)).toEqual(["main.ts", "gong"]);
  expect(container?.securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  const environment = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
  expect(environmentSchema("gong").parse(environment)).toMatchObject({
    SOPHIA_GONG_API_URL: "https://10.1.2.3:8443",
    SOPHIA_GONG_START: "2026-01-01T00:00:00Z",
  });
  expect(environment.SOPHIA_POSTGRES_USER).toBe("gong_loader");
  expect(JSON.stringify(environment)).not.toMatch(/"(key|secret)"/);

  // Wrapped, as the engine marks what is secret.
  const secret = made("Secret") as { stringData: { value: object } };
  expect(Object.keys(secret.stringData.value)).toEqual([
    "SOPHIA_GONG_ACCESS_KEY_FILE",
    "SOPHIA_GONG_ACCESS_KEY_SECRET_FILE",
  ]);
  expect(metadata.labels).toMatchObject({ "sophia.ai/postgres-client": "true" });
  const policy = made("NetworkPolicy").spec as { podSelector: { matchLabels: object }; egress: object[] };
  expect(metadata.labels).toMatchObject(policy.podSelector.matchLabels);
  expect(policy.egress).toEqual([
    { to: [{ ipBlock: { cidr: "10.1.2.3/32" } }], ports: [{ port: 8443, protocol: "TCP" }] },
  ]);
});
