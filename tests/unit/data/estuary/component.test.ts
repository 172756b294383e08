import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test } from "vitest";
import { logins } from "../../../../components/services/postgres/index.ts";
import { pipelineSettings } from "../../../../components/settings/sections/pipeline.ts";
import { Estuary, type EstuaryArgs } from "../../../../data/component/estuary.ts";
import { capturedOf } from "../../../../data/component/estuaryTasks.ts";
import { snowflakeSection } from "../../../support/pipeline/settings.ts";
import { someSecret, someWarehouse } from "./support/estuary.ts";

/* What the component asks the engine for. That the engine does it is proved with the real one. */

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}
let registered: Registered[] = [];
await pulumi.runtime.setMocks({
  newResource({ type, name, inputs }) {
    registered.push({ type, name, inputs });
    return { id: `${name}-id`, state: { revision: `revision of ${name}`, ...inputs } };
  },
  call: () => ({}),
});
beforeEach(() => {
  registered = [];
});

const secretMark = "4dabf18193072939515e22adb298388d";
const loginSecrets = Object.fromEntries(logins.map(({ name }) => [name, `login-${name}`]));
const settings = pipelineSettings.parse({ snowflake: snowflakeSection });

const args = (): EstuaryArgs => ({
  settings,
  address: "10.43.0.9:5432",
  tunnel: { endpoint: "ssh://estuary@203.0.113.7:22", privateKey: someSecret() },
  passwords: { flow_capture: someSecret(), flow_materialize: someSecret() },
  ca: "PEM",
  hubspot: { clientId: someSecret(), clientSecret: someSecret(), refreshToken: someSecret() },
  slack: { token: someSecret() },
  snowflake: someWarehouse("5m"),
  jobs: {
    settings,
    image: "pipeline:1",
    namespace: "data",
    postgres: {
      host: "postgres-rw.data.svc",
      port: 5432,
      loginSecrets: loginSecrets as EstuaryArgs["jobs"]["postgres"]["loginSecrets"],
      passwords: loginSecrets as EstuaryArgs["jobs"]["postgres"]["loginSecrets"],
      caSecret: "postgres-ca",
    },
  },
});

/** Registered resources of Estuary's kinds, in the order in which the engine was asked for them. */
async function made(given: EstuaryArgs) {
  new Estuary("flows", given);
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await promise;
  await pulumi.runtime.disconnect();
  return registered.filter(({ type }) => type.includes("estuary:"));
}

test("P1 tasks, the slot and the tables' job, each after what it needs; specs are secret, names are not", async () => {
  const all = await made(args());
  const names = all.map(({ name }) => name);
  // The first three wait for nothing.
  expect(names.slice(0, 3).sort()).toEqual(["flows-slot", "flows-source-hubspot", "flows-source-slack"]);
  expect(names.slice(3)).toEqual([
    "flows-materialize-postgres",
    "flows-source-postgres",
    "flows-materialize-snowflake",
  ]);
  for (const { type, inputs } of all.filter(({ type }) => type.endsWith("Publication"))) {
    expect(inputs.specs, type).toHaveProperty(secretMark);
    expect(inputs.names).toContain(inputs.owner);
  }
  const job = registered.find(({ name }) => name === "flows-tables-job");
  expect(job?.inputs.metadata).toMatchObject({ name: expect.stringMatching(/^publish-tables-/) });
});

test("without a source's secrets its streams are left out, Gong's never", async () => {
  const { slack: _, snowflake: __, ...rest } = args();
  const names = (await made(rest)).map(({ name }) => name);
  expect(names).toEqual(["flows-source-hubspot", "flows-materialize-postgres"]);
  expect(capturedOf([])).toEqual(["gong_calls", "gong_users", "gong_crm_entities"]);
  expect(capturedOf(["slack"])).toContain("slack_messages");
});
