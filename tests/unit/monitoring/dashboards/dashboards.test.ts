import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { limitOf } from "../../../../components/monitoring/dashboards/panels.ts";
import { fileOf } from "../../../../components/monitoring/dashboards/publish.ts";
import { dashboardsOfStack } from "../../../../lab/dashboards/stack.ts";
import { detect } from "../../../../policies/detector/detect.ts";
import { run } from "../../../../tools/exec.ts";
import { repository } from "../../../../tools/repository.ts";
import { alertText } from "../../../support/alertRules.ts";
import { dashboards, stackText } from "./stacks.ts";

/** A panel as Grafana reads it. */
interface Shown {
  title: string;
  type: string;
  description: string;
  datasource: object;
  fieldConfig: { defaults: { unit?: string; thresholds?: { steps: { value: number | null }[] } } };
}
const shown = (stack: string) =>
  dashboards(stack).flatMap(({ uid, panels }) =>
    panels.flatMap((panel) => (panel.type === "row" ? [] : [{ uid, ...(panel as unknown as Shown) }])),
  );
const titles = (text: string) =>
  dashboardsOfStack("test", text).map(({ uid, panels }) => ({
    uid,
    rows: panels.filter(({ type }) => type === "row").map(({ title }) => title),
  }));

describe.each(["dev", "prod", "local"])("the dashboards of %s", (stack) => {
  const all = dashboards(stack);

  test("O2 have names and numbers of their own, and panels that do not cover each other", () => {
    const uids = all.map(({ uid }) => uid);
    expect(uids[0]).toBe("sophia-overview");
    expect(new Set(uids).size).toBe(uids.length);
    for (const { uid, panels } of all) {
      expect(uid.length).toBeLessThanOrEqual(40);
      expect(panels.map(({ id }) => id)).toEqual(panels.map((_, index) => index + 1));
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
      );
      expect(new Set(cells).size, uid).toBe(cells.length);
      for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
  });

  test("O2 explain each panel, ask the Prometheus that is chosen, and name runbooks that exist", () => {
    for (const { uid, title, type, description, datasource, fieldConfig } of shown(stack)) {
      const panel = `${uid}: ${title}`;
      expect(description.length, panel).toBeGreaterThan(20);
      expect(datasource, panel).toEqual({ type: "prometheus", uid: "${datasource}" });
      if (type === "timeseries") expect(fieldConfig.defaults.unit, panel).toBeDefined();
      for (const [, file = ""] of description.matchAll(/`(docs\/[^`]+)`/g))
        expect(existsSync(join(repository, file)), file).toBe(true);
    }
  });
});

test("O2 every query knows how often Prometheus scrapes, so that a rate has four samples", () => {
  const text = "config: { sophia-infra:monitoring: { intervalSeconds: 45 } }";
  const { config } = parse(stackText("local")) as { config: object };
  const all = dashboardsOfStack("test", stringify({ config: { ...config, ...parse(text).config } }));
  const steps = all.flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets as object[]));
  expect(new Set(steps.map((target) => (target as { interval?: string }).interval))).toEqual(
    new Set(["45s"]),
  );
});

test("S1 the policy pack takes nothing in a dashboard for a key", () => {
  for (const dashboard of dashboards("prod"))
    expect(detect(fileOf(dashboard), `${dashboard.uid}.json`), dashboard.uid).toEqual([]);
});

describe("what the dashboards show", () => {
  test("O2 follows the settings: of what does not run there is no panel", () => {
    const full = titles(stackText("prod"));
    expect(full.map(({ uid }) => uid)).toEqual(
      ["overview", "hosts", "postgres", "backup", "pipeline", "mcp"].map((name) => `sophia-${name}`),
    );
    const { config } = parse(stackText("local")) as { config: Record<string, object> };
    const few = titles(
      stringify({
        config: {
          "sophia-infra:gpu": { autoscaling: { enabled: false } },
          "sophia-infra:postgres": { poolerInstances: 0 },
          "sophia-infra:pipeline": { ...config["sophia-infra:pipeline"], enabled: false },
        },
      }),
    );
    expect(few).toEqual([
      { uid: "sophia-overview", rows: ["Now", "Alerts", "Monitoring itself"] },
      { uid: "sophia-hosts", rows: ["Hosts"] },
      { uid: "sophia-postgres", rows: ["Servers", "Load", "Storage and replication"] },
      { uid: "sophia-mcp", rows: ["Gateway", "Tools of our own servers"] },
    ]);
  });

  test("O2 turns red at the number of the alert, or of the setting", () => {
    const steps = (title: string) =>
      shown("prod").flatMap(({ uid, title: own, fieldConfig }) =>
        own === title && uid !== "sophia-overview"
          ? (fieldConfig.defaults.thresholds?.steps ?? []).map(({ value }) => value)
          : [],
      );
    expect(steps("Last run of the checks")).toEqual([null, 600]);
    expect(steps("Room left")).toEqual([null, 0.25]);
    expect(steps("Last backup")).toEqual([null, 26 * 3600]);
    expect(steps("Lag")).toEqual([null, 15 * 60]);
    expect(steps("Quality")).toEqual([null, 95]);
  });

  test("an alert that is gone, or compares with no number, is no limit", () => {
    const rules = alertText("data/quality/alerts/pipeline.yaml");
    expect(() => limitOf(rules, "PipelineGone")).toThrow(/PipelineGone, which is not among the alerts/);
    expect(() => limitOf(rules, "PipelineStreamLate")).toThrow(/compares with no number: sophia_stream_lag/);
  });

  test("`make dashboards` has all parts that the program has", () => {
    const parts = (file: string) =>
      new Set(readFileSync(join(repository, file), "utf8").match(/\b(?!platform)\w+Monitored(?=\()/g));
    expect(parts("lab/dashboards/stack.ts")).toEqual(parts("index.ts"));
    expect(parts("index.ts").size).toBeGreaterThan(2);
  });
});

describe("make dashboards", () => {
  const command = (...args: string[]) =>
    run(process.execPath, [join(repository, "lab/dashboards/main.ts"), ...args], { allowFailure: true });

  test("O2 writes a file for each, which Grafana can import", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dashboards-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { code } = await command("dev", `--to=${folder}/in it`);
    expect(code).toBe(0);
    const files = readdirSync(join(folder, "in it"));
    expect(files.sort()).toEqual(
      dashboards("dev")
        .map(({ uid }) => `${uid}.json`)
        .sort(),
    );
    for (const dashboard of dashboards("dev"))
      expect(JSON.parse(readFileSync(join(folder, "in it", `${dashboard.uid}.json`), "utf8"))).toEqual(
        JSON.parse(JSON.stringify(dashboard)),
      );
  });

  test("names what it does not know, and settings that are not valid", async () => {
    const unknown = await command("staging");
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("there is no stack staging")]);
    expect((await command("dev", "--too=/tmp")).code).toBe(2);
    const wrong = "config: { sophia-infra:monitoring: { intervalSeconds: 1 } }";
    expect(() => dashboardsOfStack("dev", wrong)).toThrow(/intervalSeconds[\s\S]*Correct Pulumi.dev.yaml/);
  });
});
