import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../../components/core/base.ts";
import { contentHash } from "../../../components/core/digest.ts";
import { toUrl } from "../../../components/network/egress.ts";
import { type JobPlace, jobLabels, jobPod } from "../../component/pod.ts";
import type { Snowflake } from "../../snowflake/component.ts";
import { roles } from "../../snowflake/grants.ts";
import { noStreams } from "../checks/streams.ts";

/** Of /metrics and /healthz. */
export const port = 8080;
const warehouseKey = "SOPHIA_SNOWFLAKE_PRIVATE_KEY_FILE";
const estuaryKey = "SOPHIA_ESTUARY_API_KEY_FILE";
const hubspotKeys = {
  clientId: "SOPHIA_HUBSPOT_CLIENT_ID_FILE",
  clientSecret: "SOPHIA_HUBSPOT_CLIENT_SECRET_FILE",
  refreshToken: "SOPHIA_HUBSPOT_REFRESH_TOKEN_FILE",
} as const;

export interface QualityArgs extends JobPlace {
  /** Streams to check; may be empty. A change replaces the pod. */
  streams: readonly string[];
  /** The warehouse and the key of its reader (PKCS8 PEM). Default: staging is not compared with it. */
  warehouse?: { snowflake: Snowflake; privateKey: pulumi.Input<string> } | undefined;
  /** Catalog names of the tasks at Estuary, and its service account's key. Default: their status is not checked. */
  estuary?: { tasks: readonly string[]; apiKey: pulumi.Input<string> } | undefined;
  /** The OAuth app that Estuary reads HubSpot with. Secret. Default: HubSpot is not asked what staging lacks. */
  hubspot?: Record<keyof typeof hubspotKeys, pulumi.Input<string>> | undefined;
}

/** Keys by the variable that names their file. */
const keysOf = ({ warehouse, estuary, hubspot }: QualityArgs): Record<string, pulumi.Input<string>> => ({
  ...(warehouse && { [warehouseKey]: warehouse.privateKey }),
  ...(estuary && { [estuaryKey]: estuary.apiKey }),
  ...(hubspot && {
    [hubspotKeys.clientId]: hubspot.clientId,
    [hubspotKeys.clientSecret]: hubspot.clientSecret,
    [hubspotKeys.refreshToken]: hubspot.refreshToken,
  }),
});

function environmentOf({ settings, streams, warehouse, estuary, hubspot }: QualityArgs) {
  const { quality } = settings;
  return {
    SOPHIA_QUALITY_INTERVAL: String(quality.intervalSeconds),
    SOPHIA_QUALITY_WAREHOUSE_INTERVAL: String(quality.warehouseIntervalSeconds),
    SOPHIA_QUALITY_THRESHOLD: String(quality.threshold),
    SOPHIA_QUALITY_MAX_LAG: String(quality.maxLagMinutes * 60),
    SOPHIA_QUALITY_RETENTION_DAYS: String(quality.retentionDays),
    SOPHIA_QUALITY_STREAMS: streams.join(",") || noStreams,
    ...(warehouse && warehouseEnvironment(warehouse.snowflake)),
    ...(estuary && {
      SOPHIA_ESTUARY_TASKS: estuary.tasks.join(","),
      SOPHIA_ESTUARY_URL: settings.estuary.agentUrl,
    }),
    ...(hubspot && {
      SOPHIA_HUBSPOT_URL: quality.hubspot.apiUrl,
      SOPHIA_HUBSPOT_WATCH_INTERVAL: String(quality.hubspot.intervalSeconds),
      SOPHIA_HUBSPOT_MAX_AHEAD: String(quality.hubspot.maxAheadMinutes * 60),
    }),
  };
}

/** @param secret name of the Secret with `keys`; undefined when there are none */
const podOf = (
  args: QualityArgs,
  keys: Record<string, pulumi.Input<string>>,
  secret: pulumi.Input<string> | undefined,
) =>
  jobPod({
    ...args,
    job: "quality",
    login: "quality",
    restartPolicy: "Always",
    port,
    environment: environmentOf(args),
    ...(secret !== undefined && {
      secret: { name: secret, variables: Object.keys(keys) },
      annotations: {
        // Read at start only, so a new key replaces the pod.
        "sophia.ai/keys": pulumi.unsecret(pulumi.output(keys).apply((all) => contentHash(all))),
      },
    }),
  });

/**
 * The quality checks, as a Deployment that runs them after each load and on an interval: Prometheus scrapes it between two runs, and it compares
 * with row counts of earlier runs, which a CronJob would not have. One replica: two would write every result twice.
 */
export class Quality extends Component {
  /** Host of its metrics, in the cluster. */
  readonly host: pulumi.Output<string>;
  readonly port = port;

  constructor(name: string, args: QualityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:Quality", name, opts);
    const { settings, namespace, warehouse, estuary, hubspot } = args;
    const labels = jobLabels("quality");
    const metadata = { name: "pipeline-quality", namespace, labels };

    const keys = keysOf(args);
    const variables = Object.keys(keys);
    const secret =
      variables.length > 0
        ? new k8s.core.v1.Secret(
            this.childName("keys"),
            { metadata: { ...metadata, name: "pipeline-quality-keys" }, stringData: keys },
            this.child(),
          )
        : undefined;
    if (variables.length > 0) {
      new k8s.networking.v1.NetworkPolicy(
        this.childName("egress"),
        {
          metadata,
          spec: {
            podSelector: { matchLabels: labels },
            policyTypes: ["Egress"],
            egress: [
              ...(warehouse ? [toUrl(warehouse.snowflake.address.url)] : []),
              ...(estuary ? [toUrl(settings.estuary.agentUrl)] : []),
              ...(hubspot ? [toUrl(settings.quality.hubspot.apiUrl)] : []),
            ],
          },
        },
        this.child(),
      );
    }
    const pod = podOf(args, keys, secret?.metadata.name);
    const deployment = new k8s.apps.v1.Deployment(
      this.childName("deployment"),
      {
        metadata,
        spec: {
          replicas: 1,
          strategy: { type: "Recreate" },
          selector: { matchLabels: labels },
          template: pod,
        },
      },
      this.child({ dependsOn: warehouse ? [warehouse.snowflake] : [] }),
    );
    const service = new k8s.core.v1.Service(
      this.childName("service"),
      { metadata, spec: { selector: labels, ports: [{ name: "metrics", port, targetPort: "metrics" }] } },
      this.child({ dependsOn: [deployment] }),
    );
    this.host = pulumi.interpolate`${service.metadata.name}.${service.metadata.namespace}.svc`;
    this.registerOutputs({ host: this.host });
  }
}

function warehouseEnvironment(snowflake: Snowflake): Record<string, pulumi.Input<string>> {
  return {
    SOPHIA_SNOWFLAKE_ACCOUNT: snowflake.address.identifier,
    SOPHIA_SNOWFLAKE_URL: snowflake.address.url,
    SOPHIA_SNOWFLAKE_USER: snowflake.logins.reader?.user ?? roles.reader.user,
    SOPHIA_SNOWFLAKE_ROLE: snowflake.logins.reader?.role ?? roles.reader.name,
    SOPHIA_SNOWFLAKE_WAREHOUSE: snowflake.warehouse,
    SOPHIA_SNOWFLAKE_DATABASE: snowflake.database,
    SOPHIA_SNOWFLAKE_SCHEMA: snowflake.schema,
  };
}
