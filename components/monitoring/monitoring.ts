import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { Component } from "../core/base.ts";
import { toInternet } from "../network/egress.ts";
import type { NamespaceName } from "../network/names.ts";
import { HelmService, ownChart } from "../services/helm.ts";
import type { Settings } from "../settings/schema.ts";
import { bytesOf } from "../settings/sections/quantities.ts";
import { dashboardsOf, publishDashboards } from "./dashboards/publish.ts";
import { type MonitoredHost, runHostExporter } from "./hostExporter.ts";
import { type Monitored, together } from "./monitored.ts";
import { platformMonitored } from "./platform.ts";

const MiB = 2 ** 20;

/** Values of `charts/prometheus`. */
export function prometheusValues(
  settings: Settings["monitoring"],
  further: {
    monitored: Monitored;
    /** Namespaces by name; each known when it may be used. */
    namespaces: Readonly<Record<NamespaceName, pulumi.Input<string>>>;
    hosts: readonly Pick<MonitoredHost, "address">[];
    storageClass: string;
    slackSecret?: pulumi.Input<string> | undefined;
  },
) {
  const { targets, rules } = further.monitored;
  return {
    images: {
      prometheus: settings.prometheusImage,
      alertmanager: settings.alertmanagerImage,
    },
    interval: settings.intervalSeconds,
    retention: {
      time: `${settings.retentionDays}d`,
      // Prometheus's MB are mebibytes. The rest is for the log of what is not yet in a block.
      size: `${Math.floor((bytesOf(settings.storage) * 0.8) / MiB)}MB`,
    },
    storage: { size: settings.storage, class: further.storageClass },
    resources: settings.resources,
    targets: targets.map((target) => ({ ...target, namespace: further.namespaces[target.namespace] })),
    rules,
    hosts: further.hosts.map(({ address }) => address),
    alertmanager: {
      slackSecret: further.slackSecret ?? "",
      egress: further.slackSecret === undefined ? [] : [toInternet(443)],
    },
    nodeSelector: { "sophia.ai/role-data": "true" },
  };
}

export interface MonitoringArgs {
  /** Sections `monitoring`, and of what is always watched. A change of a volume is refused by Kubernetes as long as its StatefulSet exists. */
  settings: Pick<Settings, "monitoring" | "postgres" | "gpu" | "storageClass">;
  /** The platform's: it runs in `monitoring`, and scrapes what is in the others. */
  namespaces: Readonly<Record<NamespaceName, pulumi.Input<string>>>;
  /**
   * What else is scraped, with alerts and dashboards. A change of targets and alerts restarts Prometheus, which keeps its
   * samples; one of dashboards restarts nothing.
   */
  parts: readonly Monitored[];
  /** Hosts whose health is asked for. A change restarts nothing. */
  hosts: readonly MonitoredHost[];
  /** Of the family `monitoring`. A change rolls the exporters of the hosts' health. */
  hostExporterImage: pulumi.Input<string>;
  /** Slack webhook that alerts are sent to. Default: none, so that alerts are at Alertmanager only. */
  slackUrl?: pulumi.Input<string> | undefined;
}

/**
 * Prometheus and Alertmanager, with targets that follow from what the stack deploys: neither has access to Kubernetes's
 * API. Nobody in the cluster can ask them; people come by port-forward.
 */
export class Monitoring extends Component {
  /** Digest of chart and values. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("monitoring:Monitoring", name, opts);
    const { settings, namespaces, hosts, hostExporterImage, slackUrl } = args;
    const slack =
      slackUrl === undefined
        ? undefined
        : new k8s.core.v1.Secret(
            this.childName("slack"),
            {
              metadata: { name: "alertmanager-slack", namespace: namespaces.monitoring },
              stringData: { url: slackUrl },
            },
            this.child(),
          );
    runHostExporter(this.scope(), { hosts, image: hostExporterImage, namespace: namespaces.monitoring });
    const monitored = together([platformMonitored(settings), ...args.parts]);
    const { dashboards, intervalSeconds } = settings.monitoring;
    if (dashboards)
      publishDashboards(this.scope(), {
        dashboards: dashboardsOf(monitored, intervalSeconds),
        namespace: namespaces.monitoring,
      });
    const service = new HelmService(
      this.childName("service"),
      {
        chart: ownChart("prometheus"),
        release: "prometheus",
        namespace: namespaces.monitoring,
        values: prometheusValues(settings.monitoring, {
          monitored,
          namespaces,
          hosts,
          storageClass: settings.storageClass,
          slackSecret: slack?.metadata.name,
        }),
      },
      this.child(),
    );
    this.digest = service.digest;
    this.registerOutputs({ digest: this.digest });
  }
}
