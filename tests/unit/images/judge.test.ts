import { expect, test } from "vitest";
import { holesIn, judgeAll, type Report, stops, verdictOf } from "../../../images/scan/judge.ts";

/** One package with one hole, in the form of osv-scanner 2.4. */
function report(name: string, ecosystem: string, severity: string, fixed: string[], of = ecosystem): Report {
  const events = [{ introduced: "0" }, ...fixed.map((each) => ({ fixed: each }))];
  return {
    results: [
      {
        packages: [
          {
            package: { name, version: "1.0.0", ecosystem },
            groups: [{ ids: [`HOLE-${name}`], aliases: [`HOLE-${name}`], max_severity: severity }],
            vulnerabilities: [
              {
                id: `HOLE-${name}`,
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
  const [hole, ...more] = holesIn(given);
  if (!hole || more.length > 0) throw new Error("expected one hole");
  return hole;
};

test.each([
  ["high and closed by a newer version", "9.8", ["2.0.0"], true],
  ["just high", "7.0", ["2.0.0"], true],
  ["not high", "6.9", ["2.0.0"], false],
  ["not rated by anybody", "", ["2.0.0"], true],
  ["high, but nobody closed it yet", "9.8", [], false],
])("W4 a hole that is %s stops a deployment or not", (_what, severity, fixed, expected) => {
  expect(stops(only(report("a", "npm", severity, fixed)))).toBe(expected);
});

test("only versions of the package itself close its hole, whatever the release is called", () => {
  expect(only(report("a", "npm", "9", [])).fixed).toEqual([]);
  expect(only(report("a", "Debian:12", "9", ["2"], "Debian")).fixed).toEqual(["2"]);
});

test("the verdict names the worst first, with what closes it, and counts the rest", () => {
  const results = [
    ...report("low", "npm", "3.1", ["2"]).results,
    ...report("bad", "npm", "8.1", ["2"]).results,
    ...report("worst", "npm", "9.8", ["2", "3"]).results,
  ];
  expect(verdictOf("base", holesIn({ results }))).toEqual({
    passes: false,
    text: [
      "✘ base: 2 high holes to be closed; 1 more are not high, or cannot be closed yet",
      "  HOLE-worst  9.8  worst 1.0.0 (npm), fixed in 2, 3",
      "  HOLE-bad  8.1  bad 1.0.0 (npm), fixed in 2",
    ].join("\n"),
  });
  expect(verdictOf("base", [])).toEqual({ passes: true, text: "✔ base: no hole that can be closed" });
});

test("W4 an image with a hole fails the scan, and those after it are looked at, too", async () => {
  const reports: Record<string, Report> = {
    base: { results: [] },
    pipeline: report("bad", "npm", "9.8", ["2"]),
    monitoring: { results: [] },
  };
  const told: string[] = [];
  const images = Object.keys(reports).map((name) => ({ name }));
  const scan = (look: (name: string) => Promise<Report>) =>
    judgeAll(
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
  // What could not be looked at is not taken for clean.
  await expect(scan(() => Promise.reject(new Error("no data")))).rejects.toThrow("no data");
});
