import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../../components/core/base.ts";
import { toUrl } from "../../../components/network/egress.ts";
import { contentHash, type JobPlace, jobLabels, jobPod } from "../../component/pod.ts";
import type { Snowflake } from "../../snowflake/component.ts";
import { roles } from "../../snowflake/grants.ts";

/** Of /metrics and /healthz. */
const port = 8080;
const keyVariable = "SOPHIA_SNOWFLAKE_PRIVATE_KEY_FILE";

export interface QualityArgs extends JobPlace {
  /** Names of those that flow. Default: all. A change is another pod. */
  streams?: readonly string[] | undefined;
  /** The warehouse and the key of its reader (PKCS8 PEM). Left out: staging is not compared with it. */
  warehouse?: { snowflake: Snowflake; privateKey: pulumi.Input<string> } | undefined;
}

/**
 * The quality checks, as a Deployment that runs them in a loop: it must be there to be scraped between two runs, and it
 * knows from its own past how staging changed, which a new process every few minutes would not. One replica: two would
 * write everything twice.
 */
export class Quality extends Component {
  /** Host of its metrics, in the cluster. */
  readonly host: pulumi.Output<string>;
  readonly port = port;

  constructor(name: string, args: QualityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:Quality", name, opts);
    const { settings, namespace, warehouse } = args;
    const labels = jobLabels("quality");
    const metadata = { name: "pipeline-quality", namespace, labels };

    const secret =
      warehouse &&
      new k8s.core.v1.Secret(
        this.childName("warehouse-key"),
        {
          metadata: { ...metadata, name: "pipeline-quality-warehouse" },
          stringData: { [keyVariable]: warehouse.privateKey },
        },
        this.child(),
      );
    if (warehouse) {
      new k8s.networking.v1.NetworkPolicy(
        this.childName("to-warehouse"),
        {
          metadata: { ...metadata, name: "pipeline-quality-to-warehouse" },
          spec: {
            podSelector: { matchLabels: labels },
            policyTypes: ["Egress"],
            egress: [toUrl(warehouse.snowflake.address.url)],
          },
        },
        this.child(),
      );
    }
    const pod = jobPod({
      ...args,
      job: "quality",
      login: "quality",
      restartPolicy: "Always",
      port,
      environment: {
        SOPHIA_QUALITY_INTERVAL: String(settings.quality.intervalSeconds),
        SOPHIA_QUALITY_WAREHOUSE_INTERVAL: String(settings.quality.warehouseIntervalSeconds),
        SOPHIA_QUALITY_THRESHOLD: String(settings.quality.threshold),
        SOPHIA_QUALITY_MAX_LAG: String(settings.quality.maxLagMinutes * 60),
        ...(args.streams && { SOPHIA_QUALITY_STREAMS: args.streams.join(",") }),
        ...(warehouse && warehouseEnvironment(warehouse.snowflake)),
      },
      ...(warehouse &&
        secret && {
          secret: { name: secret.metadata.name, variables: [keyVariable] },
          annotations: {
            // Read at start only: another key is another pod.
            "sophia.ai/warehouse-key": pulumi.unsecret(
              pulumi.output(warehouse.privateKey).apply(contentHash),
            ),
          },
        }),
    });
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
