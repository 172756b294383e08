import * as pulumi from "@pulumi/pulumi";
import { Component } from "../components/core/base.ts";
import type { Postgres } from "../components/services/postgres/index.ts";
import type { AnySecretName } from "../components/settings/environment/secrets.ts";
import type { Settings } from "../components/settings/schema.ts";
import { DatabaseDoor } from "./component/databaseDoor.ts";
import { Estuary } from "./component/estuary.ts";
import { Gong } from "./component/gong.ts";
import { Migrations } from "./component/migrations.ts";
import type { JobPlace } from "./component/pod.ts";
import type { StreamName } from "./estuary/spec/streams.ts";
import { type Part, partsOf, streamsOf } from "./parts.ts";
import { Quality } from "./quality/component/quality.ts";
import { Snowflake } from "./snowflake/component.ts";

export interface PipelineArgs {
  /** Section `pipeline`. */
  settings: Settings["pipeline"];
  image: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  postgres: Postgres;
  /** Those that the stack has. A part whose secrets are missing is left out. */
  secrets: Partial<Record<AnySecretName, pulumi.Output<string>>>;
  /** Opens the way to an address in the cluster, and says where it begins: `ssh://<user>@<host>:<port>`. */
  tunnel(target: pulumi.Output<string>): pulumi.Output<string>;
}

/** HubSpot, Slack and Gong into PostgreSQL's staging database, and on to the warehouse. */
export class Pipeline extends Component {
  /** What runs; the rest lacks secrets. */
  readonly parts: Part[];
  /** What comes into staging, and is checked. */
  readonly streams: readonly StreamName[];
  /** Known only when the staging database has its tables. */
  readonly schema: pulumi.Output<boolean>;

  constructor(name: string, args: PipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:Pipeline", name, opts);
    const { settings, secrets, postgres } = args;
    const jobs: JobPlace = {
      settings,
      image: args.image,
      namespace: args.namespace,
      postgres: {
        host: postgres.host,
        port: postgres.port,
        passwords: postgres.passwords,
        loginSecrets: postgres.loginSecrets,
        caSecret: postgres.caSecret,
      },
    };
    const migrations = new Migrations(this.childName("migrations"), jobs, this.child());
    this.schema = migrations.ready;
    const { running, notices } = partsOf(settings, new Set(Object.keys(secrets)));
    this.parts = running;
    this.streams = streamsOf(running);
    for (const notice of notices) void pulumi.log.info(notice, this);
    const runs = (part: Part) => running.includes(part);
    const secret = (secretName: AnySecretName): pulumi.Output<string> => {
      const value = secrets[secretName];
      if (!value) throw new Error(`the secret ${secretName} was counted as given, and is not`);
      return value;
    };

    const warehouse = runs("snowflake")
      ? new Snowflake(
          this.childName("snowflake"),
          {
            settings: settings.snowflake,
            privateKey: secret("snowflakePrivateKey"),
            loaderPrivateKey: secrets.snowflakeLoaderPrivateKey,
            readerPrivateKey: secrets.snowflakeReaderPrivateKey,
          },
          this.child(),
        )
      : undefined;
    const loader = warehouse?.logins.loader;
    let tasks: readonly string[] = [];
    if (runs("estuary")) {
      const door = new DatabaseDoor(
        this.childName("door"),
        { namespace: args.namespace, port: postgres.port },
        this.child(),
      );
      const estuary = new Estuary(
        this.childName("estuary"),
        {
          settings,
          address: door.target,
          tunnel: { endpoint: args.tunnel(door.target), privateKey: secret("estuaryTunnelKey") },
          passwords: postgres.passwords,
          ca: postgres.ca,
          ...(runs("hubspot") && {
            hubspot: {
              clientId: secret("hubspotClientId"),
              clientSecret: secret("hubspotClientSecret"),
              refreshToken: secret("hubspotRefreshToken"),
            },
          }),
          ...(runs("slack") && { slack: { token: secret("slackCaptureToken") } }),
          ...(warehouse &&
            loader && {
              snowflake: {
                account: warehouse.address.identifier.toLowerCase(),
                database: warehouse.database,
                schema: warehouse.schema,
                warehouse: warehouse.warehouse,
                role: loader.role,
                user: loader.user,
                privateKey: secret("snowflakeLoaderPrivateKey"),
                syncFrequency: settings.estuary.snowflake.syncFrequency,
              },
            }),
          jobs,
        },
        this.child({ dependsOn: [migrations] }),
      );
      tasks = estuary.tasks;
    }
    if (runs("gong")) {
      new Gong(
        this.childName("gong"),
        { ...jobs, accessKey: secret("gongAccessKey"), accessKeySecret: secret("gongAccessKeySecret") },
        this.child({ dependsOn: [migrations] }),
      );
    }
    if (settings.enabled) {
      const readerKey = secrets.snowflakeReaderPrivateKey;
      new Quality(
        this.childName("quality"),
        {
          ...jobs,
          // A source that is left out is none that is missing.
          streams: this.streams,
          // Without Estuary nothing gets there, which is not late either.
          warehouse: runs("estuary")
            ? warehouse && readerKey && { snowflake: warehouse, privateKey: readerKey }
            : undefined,
          estuary: tasks.length > 0 ? { tasks, apiKey: secret("estuaryApiKey") } : undefined,
        },
        this.child({ dependsOn: [migrations] }),
      );
    }
    this.registerOutputs({ parts: this.parts });
  }
}
