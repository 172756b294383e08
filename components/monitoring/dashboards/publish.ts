import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Scope } from "../../core/base.ts";
import type { Monitored } from "../monitored.ts";
import { type GrafanaDashboard, grafanaDashboard } from "./grafana.ts";
import { overview } from "./overview.ts";

/**
 * Every dashboard of a stack, the overview first, as Grafana imports them. Pure.
 *
 * @param monitored what all parts of the stack want to be watched by
 * @param interval seconds between two scrapes
 */
export const dashboardsOf = (
  { dashboards, summary }: Required<Pick<Monitored, "dashboards" | "summary">>,
  interval: number,
): GrafanaDashboard[] =>
  [overview(summary), ...dashboards].map((dashboard) => grafanaDashboard(dashboard, interval));

/** The text of a dashboard's file. Pure. */
export const fileOf = (dashboard: GrafanaDashboard): string => `${JSON.stringify(dashboard, null, 2)}\n`;

/**
 * A ConfigMap for each dashboard, with the label by which the sidecar of Grafana's chart finds it. A change restarts
 * nothing.
 */
export function publishDashboards(
  { childName, child }: Scope,
  args: { dashboards: readonly GrafanaDashboard[]; namespace: pulumi.Input<string> },
): void {
  for (const dashboard of args.dashboards) {
    const { uid } = dashboard;
    new k8s.core.v1.ConfigMap(
      childName(`dashboard-${uid}`),
      {
        metadata: {
          name: `dashboard-${uid}`,
          namespace: args.namespace,
          labels: { grafana_dashboard: "1" },
        },
        data: { [`${uid}.json`]: fileOf(dashboard) },
      },
      child(),
    );
  }
}
