import { describe, expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";
import { importsOf, sourcesIn } from "../../support/sources.ts";

/** Which of our folders a folder may import from: docs/architecture.md draws the same. */
const allowed: Record<string, string[]> = {
  "components/backup": [
    "components/core",
    "components/monitoring/dashboards/panels.ts",
    "components/monitoring/monitored.ts",
    "components/network",
    "components/services",
    "components/settings",
  ],
  "components/core": [],
  "components/images": ["components/core", "components/settings"],
  "components/monitoring": [
    "components/core",
    "components/network",
    "components/services",
    "components/settings",
  ],
  "components/network": ["components/core"],
  "components/services": [
    "components/core",
    "components/images",
    "components/network",
    "components/settings",
  ],
  "components/settings": ["components/core", "components/images"],
  "components/outputs.ts": [],
  data: [
    "components/core",
    "components/monitoring/dashboards/panels.ts",
    "components/monitoring/monitored.ts",
    "components/network",
    "components/services",
    "components/settings",
  ],
  delivery: [
    "components/core",
    "components/outputs.ts",
    "images/scan",
    "lambda",
    "mcp",
    "policies/detector",
    "tools",
  ],
  esc: ["components/settings"],
  // What is copied into an image has its own folder only.
  "images/base": [],
  "images/monitoring": [],
  images: ["components/core", "components/images", "components/settings", "tools"],
  k3s: ["components/core", "components/settings"],
  lab: ["components", "data", "delivery", "esc", "lambda", "mcp", "tools"],
  lambda: ["components/core", "components/settings", "k3s/host.ts"],
  mcp: [
    "components/core",
    "components/monitoring/dashboards/panels.ts",
    "components/monitoring/monitored.ts",
    "components/network",
    "components/services",
    "components/settings",
    "lambda/client",
  ],
  policies: ["components/core", "components/settings/sections/snowflake.ts", "lambda"],
  tools: ["components/core"],
};

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** What a file imports although its folder may not. Pure. */
function faultsOf(file: string, text: string): string[] {
  const home = Object.keys(allowed).find((folder) => within(file, folder));
  if (!home)
    return file.includes("/") && !file.startsWith("tests/") ? [`${file}: its folder is not listed`] : [];
  const reachable = [home, ...(allowed[home] ?? [])];
  return importsOf(file, text)
    .filter((path) => !reachable.some((folder) => within(path, folder)))
    .map((path) => `${file} imports ${path}`);
}

/** Files that import each other in a circle, directly or through others: the first circle that each start leads to. Pure. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    const from = path.indexOf(file);
    if (from >= 0) found.push([...path.slice(from), file].join(" -> "));
    if (from >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}

/** What a program loads at its start: files, and packages with the file that imports each. Types load nothing. Pure. */
function loadedBy(start: string, texts: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map<string, string>([[start, ""]]);
  for (const file of found.keys()) {
    const values = [...(texts.get(file) ?? "").matchAll(/^(?:import|export) (?!type\b)[^;]*?"[^"]+";$/gm)];
    const text = values.map(([statement]) => statement).join("\n");
    const packages = [...text.matchAll(/(?:from|import) "([^."][^"]*)"/g)].map(([, name = ""]) => name);
    for (const next of [...importsOf(file, text), ...packages]) if (!found.has(next)) found.set(next, file);
  }
  return found;
}

describe("imports point one way", () => {
  const texts = sourcesIn(repository);

  test("no folder imports from one that it may not know", () => {
    expect([...texts].flatMap(([file, text]) => faultsOf(file, text))).toEqual([]);
  });
  test("no files import each other in a circle", () => {
    expect(circles(new Map([...texts].map(([file, text]) => [file, importsOf(file, text)])))).toEqual([]);
    const loop = { "a.ts": ["b.ts"], "b.ts": ["c.ts", "d.ts"], "c.ts": ["a.ts"] };
    expect(circles(new Map(Object.entries(loop)))).toEqual(["a.ts -> b.ts -> c.ts -> a.ts"]);
  });
  test("an import of the lab from the program is one", () => {
    const text = 'import { run } from "../lab/exec.ts";';
    expect(faultsOf("k3s/cluster.ts", text)).toEqual(["k3s/cluster.ts imports lab/exec.ts"]);
    expect(faultsOf("tests/unit/a.test.ts", text)).toEqual([]);
    const core = 'import { messageOf } from "../../components/core/errors.ts";';
    expect(faultsOf("images/monitoring/errors.ts", core)).toHaveLength(1);
    expect(faultsOf("images/pin/main.ts", core)).toEqual([]);
  });
  test("the lab's commands start without Pulumi's SDK, which takes a second to load", () => {
    const loaded = loadedBy("lab/cli.ts", texts);
    expect([...loaded.keys()]).toContain("lab/state/keys.ts");
    expect(loaded.get("@pulumi/pulumi")).toBeUndefined();
    expect(loadedBy("lambda/fleet.ts", texts).get("@pulumi/pulumi")).toBe("lambda/fleet.ts");
  });
});
