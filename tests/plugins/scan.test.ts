import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { osvScanner } from "../../images/scan/artefact.ts";
import { buildSettingsOf, scannedImages } from "../../images/scan/images.ts";
import { holesIn } from "../../images/scan/judge.ts";
import { scanImage } from "../../images/scan/scanner.ts";
import { lookUp, obtain } from "../../lab/artefacts/obtain.ts";
import { imageOf } from "../../lab/images/build.ts";
import { labOf } from "../../lab/lab.ts";
import { ensureEngine } from "../../lab/machines/engine/engine.ts";
import { stopEngine } from "../../lab/machines/engine/stop.ts";

const { cache } = labOf();
const inCi = process.env.CI === "true";
// It is built by the script that scans, for minutes; on a person's machine it is only used where it is.
let scanner = await lookUp(osvScanner, cache);
const missing = "osv-scanner is not built yet; delivery/scan-images.sh does it";
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sophia-scan-test-"));
  await ensureEngine(folder);
  if (inCi) scanner = (await obtain([osvScanner], { cache })).get(osvScanner.name);
}, 1_800_000);
afterAll(async () => {
  await stopEngine(folder);
  await rm(folder, { recursive: true, force: true });
});

async function monitoringImage(): Promise<string> {
  const images = scannedImages(await buildSettingsOf("dev"));
  const { artefact } = images.find(({ name }) => name === "monitoring") ?? {};
  if (!artefact) throw new Error("the family monitoring is not built");
  return imageOf((await obtain([artefact], { cache })).get(artefact.name) ?? "");
}

const hole = (name: string, ecosystem: string, fixed: string) => ({
  id: `TEST-${name}`,
  modified: "2026-01-01T00:00:00Z",
  published: "2026-01-01T00:00:00Z",
  summary: "made up",
  severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
  affected: [
    {
      package: { name, ecosystem },
      ranges: [
        { type: ecosystem === "npm" ? "SEMVER" : "ECOSYSTEM", events: [{ introduced: "0" }, { fixed }] },
      ],
    },
  ],
});

/** A copy of osv.dev's data that holds nothing but what is given. */
async function database(holes: { ecosystem: string; hole: ReturnType<typeof hole> }[]): Promise<string> {
  const made = join(folder, "data");
  for (const { ecosystem, hole: each } of holes) {
    const place = join(made, "osv-scanner", ecosystem);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, `${each.id}.json`), JSON.stringify(each));
    execFileSync("python3", ["-m", "zipfile", "-c", "all.zip", `${each.id}.json`], { cwd: place });
  }
  return made;
}

test("W4 the scan finds a hole in a package of npm and in one of Debian, and none where none is known", async ({
  skip,
}) => {
  if (!scanner) return skip(missing);
  const data = await database([
    { ecosystem: "npm", hole: hole("zod", "npm", "99.0.0") },
    { ecosystem: "Debian", hole: hole("glibc", "Debian:12", "99") },
  ]);
  const report = await scanImage(join(scanner, "osv-scanner"), await monitoringImage(), data);
  expect([...new Set(holesIn(report).map(({ id, fixed }) => `${id} ${fixed}`))].sort()).toEqual([
    "TEST-glibc 99",
    "TEST-zod 99.0.0",
  ]);
});

test("a scan without data is an error, and no clean bill", async ({ skip }) => {
  if (!scanner) return skip(missing);
  const image = await monitoringImage();
  const empty = join(folder, "empty");
  await mkdir(empty);
  await expect(scanImage(join(scanner, "osv-scanner"), image, empty)).rejects.toThrow(
    /could not look at .* \(it ended with 127\)(.|\n)*no offline version of the OSV database/,
  );
});
