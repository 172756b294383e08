import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { repository } from "../../tools/repository.ts";

/** A rule as Prometheus reads it. */
export interface AlertRule {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; runbook_url: string };
}

/** Every file with alerts. */
export const alertFiles = [
  "data/quality/alerts/pipeline.yaml",
  "mcp/alerts.yaml",
  "components/monitoring/alerts.yaml",
  "components/backup/alerts.yaml",
] as const;
export type AlertFile = (typeof alertFiles)[number];

export const alertText = (file: AlertFile): string => readFileSync(join(repository, file), "utf8");

export const alertRules = (file: AlertFile): AlertRule[] =>
  (parse(alertText(file)) as { groups: { rules: AlertRule[] }[] }).groups.flatMap(({ rules }) => rules);
