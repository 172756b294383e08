import { expect, test } from "vitest";
import {
  mustBeFixed,
  type Report,
  scanAll,
  verdictOf,
  vulnerabilitiesIn,
} from "../../../images/scan/vulnerabilities.ts";

/** One package with one vulnerability, in the form of osv-scanner 2.4. */
function report(name: string, ecosystem: string, severity: string, fixed: string[], of = ecosystem): Report {
  const events = [{ introduced: "0" }, ...fixed.map((each) => ({ fixed: each }))];
  return {
    results: [
      {
        packages: [
          {
            package: { name, version: "1.0.0", ecosystem },
            groups: [{ ids: [`CVE-${name}`], aliases: [`CVE-${name}`], max_severity: severity }],
            vulnerabilities: [
              {
                id: `CVE-${name}`,
                affected: [
                  { package: { name, ecosystem: of }, ranges: [{ events }] },
                  { package: { name: "other", ecosystem: of }, ranges: [{ events: [{ fixed: "9" }] }] },
                ],
              },
            ],
          },
        ],
      },
    ],
  };
}
const only = (given: Report) => {
  const [found, ...more] = vulnerabilitiesIn(given);
  if (!found || more.length > 0) throw new Error("expected one vulnerability");
  return found;
};

test.each([
  ["high and fixed in a newer version", "9.8", ["2.0.0"], true],
  ["just high", "7.0", ["2.0.0"], true],
  ["not high", "6.9", ["2.0.0"], false],
  ["without a score", "", ["2.0.0"], true],
  ["high, without a fix", "9.8", [], false],
])("W4 a vulnerability that is %s blocks a deployment or not", (_what, severity, fixed, expected) => {
  expect(mustBeFixed(only(report("a", "npm", severity, fixed)))).toBe(expected);
});

test("only versions of the package itself fix its vulnerability, whatever the release is called", () => {
  expect(only(report("a", "npm", "9", [])).fixed).toEqual([]);
  expect(only(report("a", "Debian:12", "9", ["2"], "Debian")).fixed).toEqual(["2"]);
  expect(only(report("a", "Debian:12", "9", ["2"], "Debian:12")).fixed).toEqual(["2"]);
});

test("W4 a fix in another release of the distribution is none here", () => {
  expect(only(report("a", "Debian:12", "9.8", ["2"], "Debian:13")).fixed).toEqual([]);
  expect(only(report("a", "Debian:12", "9.8", ["2"], "npm")).fixed).toEqual([]);
});

test("a vulnerability of two installed packages of one source is told once, and of two versions twice", () => {
  const one = report("glibc", "Debian:12", "9", ["2"]).results;
  expect(vulnerabilitiesIn({ results: [...one, ...one] })).toHaveLength(1);
  const other = report("glibc", "Debian:12", "9", ["2"]).results;
  for (const each of other[0]?.packages ?? []) each.package.version = "1.5.0";
  expect(vulnerabilitiesIn({ results: [...one, ...other] })).toHaveLength(2);
});

test("the verdict names the highest score first, with the fixed version, and counts the rest", () => {
  const results = [
    ...report("low", "npm", "3.1", ["2"]).results,
    ...report("bad", "npm", "8.1", ["2"]).results,
    ...report("worst", "npm", "9.8", ["2", "3"]).results,
  ];
  expect(verdictOf("base", vulnerabilitiesIn({ results }))).toEqual({
    passes: false,
    text: [
      "✘ base: 2 vulnerabilities to fix; 1 more with a lower score or without a fix",
      "  CVE-worst  9.8  worst 1.0.0 (npm), fixed in 2, 3",
      "  CVE-bad  8.1  bad 1.0.0 (npm), fixed in 2",
    ].join("\n"),
  });
  expect(verdictOf("base", [])).toEqual({ passes: true, text: "✔ base: no vulnerability to fix" });
});

test("W4 a vulnerable image fails the scan, and those after it are scanned, too", async () => {
  const reports: Record<string, Report> = {
    base: { results: [] },
    pipeline: report("bad", "npm", "9.8", ["2"]),
    monitoring: { results: [] },
  };
  const told: string[] = [];
  const images = Object.keys(reports).map((name) => ({ name }));
  const scan = (look: (name: string) => Promise<Report>) =>
    scanAll(
      images,
      ({ name }) => look(name),
      (text) => told.push(text.split("\n")[0] ?? ""),
    );
  expect(await scan(async (name) => reports[name] ?? { results: [] })).toBe(false);
  expect(told.map((text) => text.slice(0, text.indexOf(":")))).toEqual([
    "✔ base",
    "✘ pipeline",
    "✔ monitoring",
  ]);
  expect(await scan(async () => ({ results: [] }))).toBe(true);
  // An image that could not be scanned does not pass.
  await expect(scan(() => Promise.reject(new Error("no data")))).rejects.toThrow("no data");
});
