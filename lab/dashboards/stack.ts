import { parse } from "yaml";
import { z } from "zod";
import { backupMonitored } from "../../components/backup/monitored.ts";
import type { GrafanaDashboard } from "../../components/monitoring/dashboards/grafana.ts";
import { dashboardsOf } from "../../components/monitoring/dashboards/publish.ts";
import { together } from "../../components/monitoring/monitored.ts";
import { platformMonitored } from "../../components/monitoring/platform.ts";
import { settingsSchema } from "../../components/settings/schema.ts";
import { pipelineMonitored } from "../../data/monitored.ts";
import { mcpMonitored } from "../../mcp/monitored.ts";

const { monitoring, postgres, gpu, pipeline, mcp, backup } = settingsSchema.shape;
/** The sections that decide what is watched, as a stack file has them. */
const sections = z.object({ monitoring, postgres, gpu, pipeline, mcp, backup });

/**
 * The dashboards that an update of a stack publishes, by the text of its stack file. Pure.
 *
 * @param name of the stack
 * @throws when a section of the settings is not valid
 */
export function dashboardsOfStack(name: string, text: string): GrafanaDashboard[] {
  const { config } = parse(text) as { config?: Record<string, unknown> };
  const written = Object.entries(config ?? {}).map(([key, value]) => [
    key.replace(/^sophia-infra:/, ""),
    value,
  ]);
  const parsed = sections.safeParse(Object.fromEntries(written));
  if (!parsed.success)
    throw new Error(
      `no dashboards of the stack ${name}, whose settings are not valid:\n${z.prettifyError(parsed.error)}\nCorrect Pulumi.${name}.yaml`,
    );
  const settings = parsed.data;
  const parts = [
    platformMonitored(settings),
    backupMonitored(settings.backup),
    pipelineMonitored(settings.pipeline),
    // No dashboard depends on which servers there are: panels show each that has metrics.
    mcpMonitored(settings.mcp, new Set(), settings.gpu.autoscaling),
  ];
  return dashboardsOf(together(parts), settings.monitoring.intervalSeconds);
}
