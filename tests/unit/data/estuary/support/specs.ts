import { capturedOf } from "../../../../../data/component/estuaryTasks.ts";
import { hubspotCapture, postgresCapture, slackCapture } from "../../../../../data/estuary/spec/captures.ts";
import {
  postgresMaterialization,
  type StagedSource,
  snowflakeMaterialization,
} from "../../../../../data/estuary/spec/materializations.ts";

/** Secrets by name; fixed words where the outcome is compared with a file, random ones everywhere else. */
export type Words = (name: string) => string;

const prefix = "sophia/test";

/** Every spec that we publish. @param sources that are staged; default: all */
export function everything(word: Words, privateKey: string, sources?: readonly StagedSource[]) {
  const captured = sources && capturedOf(sources);
  const tunnel = { endpoint: "ssh://ubuntu@203.0.113.7:22", privateKey };
  const reach = (user: string) => ({
    address: "10.43.0.20:5432",
    user,
    password: word(`${user} password`),
    tunnel,
  });
  return {
    hubspot: hubspotCapture(prefix, {
      clientId: word("client id"),
      clientSecret: word("client secret"),
      refreshToken: word("refresh token"),
      interval: "PT5M",
      schedule: "55 23 * * *",
    }),
    slack: slackCapture(prefix, {
      token: word("bot token"),
      interval: "5m",
      startDate: "2025-01-01T00:00:00Z",
      lookbackDays: 7,
      channels: [],
    }),
    staging: postgresMaterialization(prefix, reach("flow_materialize"), sources),
    database: postgresCapture(prefix, reach("flow_capture"), captured),
    warehouse: snowflakeMaterialization(
      prefix,
      {
        account: "ZNB04675",
        database: "SOPHIA_AI",
        schema: "STAGING",
        warehouse: "SOPHIA_AI_WH",
        role: "ESTUARY_LOADER",
        user: "ESTUARY",
        privateKey,
        syncFrequency: "30m",
      },
      captured,
    ),
  };
}
