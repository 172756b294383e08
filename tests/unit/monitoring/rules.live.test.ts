import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import {
  type AlertFile,
  type AlertRule,
  alertFiles,
  alertRules,
  alertText,
} from "../../support/alertRules.ts";
import { programOf } from "../../support/servers/program.ts";
import { backupCases } from "./alerts/backup.ts";
import type { AlertCase } from "./alerts/case.ts";
import { pipelineCases } from "./alerts/pipeline.ts";
import { mcpCases, platformCases } from "./alerts/platform.ts";

/** What promtool is to find: an alert at its minute, none a minute earlier, and none where all is well. */
function testsOf({ alert, series, at, labels, summary, well }: AlertCase, rules: AlertRule[]): object[] {
  const rule = rules.find((one) => one.alert === alert);
  const expected = {
    exp_labels: { ...rule?.labels, ...labels },
    exp_annotations: { ...rule?.annotations, summary },
  };
  const given = (values: Record<string, string>) =>
    Object.entries(values).map(([name, text]) => ({ series: name, values: text }));
  const look = (minute: number, alerts: object[] = []) => ({
    eval_time: `${minute}m`,
    alertname: alert,
    exp_alerts: alerts,
  });
  const before = at > 0 ? [look(at - 1)] : [];
  return [
    { interval: "1m", input_series: given(series), alert_rule_test: [...before, look(at, [expected])] },
    {
      interval: "1m",
      input_series: given(well),
      alert_rule_test: [1, 5, 10, 11, 16, 20, 25, 30, 60].map((minute) => look(minute)),
    },
  ];
}

/** What a run that must fail says. */
function captured(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const casesOf: Record<AlertFile, AlertCase[]> = {
  "data/quality/alerts/pipeline.yaml": pipelineCases,
  "mcp/alerts.yaml": mcpCases,
  "components/monitoring/alerts.yaml": platformCases,
  "components/backup/alerts.yaml": backupCases,
};

describe.each(alertFiles)("%s", (file) => {
  const cases = casesOf[file];
  const text = alertText(file);
  const rules = alertRules(file);
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "alerts-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const promtool = (...args: string[]) =>
    programOf("prometheus", "promtool", ["--version"]).run("promtool", args, { folder });
  const judge = (checked: string) => {
    writeFileSync(join(folder, "rules.yaml"), checked);
    const tests = cases.flatMap((one) => testsOf(one, rules));
    writeFileSync(
      join(folder, "tests.yaml"),
      stringify({ rule_files: ["rules.yaml"], evaluation_interval: "1m", tests }),
    );
    return promtool("test", "rules", join(folder, "tests.yaml"));
  };

  test("O2 Prometheus accepts every rule, and reads no other fields", () => {
    writeFileSync(join(folder, "rules.yaml"), text);
    expect(promtool("check", "rules", join(folder, "rules.yaml"))).toContain(`${rules.length} rules found`);
  });

  test("O2 P5 every alert fires when it must, with the sentence that people read, and not when all is well", () => {
    expect([...new Set(cases.map(({ alert }) => alert))].sort()).toEqual(
      rules.map(({ alert }) => alert).sort(),
    );
    expect(judge(text)).toContain("SUCCESS");
  });

  test("the judgement finds every alert that never fires, and every one that always does", () => {
    for (const expr of ["vector(1) < 0", "vector(1)"]) {
      const broken = parse(text) as { groups: { rules: { expr: string }[] }[] };
      for (const rule of broken.groups.flatMap((group) => group.rules)) rule.expr = expr;
      const found = captured(() => judge(stringify(broken)));
      for (const { alert } of rules) expect(found, expr).toContain(`alertname: ${alert}, time`);
    }
  });
});
