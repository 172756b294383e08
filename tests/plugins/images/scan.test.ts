import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { osvScanner } from "../../../images/scan/artefact.ts";
import { scannedImages } from "../../../images/scan/images.ts";
import { scanPulled } from "../../../images/scan/pulled.ts";
import { scanImage } from "../../../images/scan/scanner.ts";
import { buildSettingsOf } from "../../../images/scan/stackFile.ts";
import { vulnerabilitiesIn } from "../../../images/scan/vulnerabilities.ts";
import { registryImage } from "../../../lab/images/services.ts";
import { labOf } from "../../../lab/lab.ts";
import { lookUp, obtain } from "../../../tools/artefacts/obtain.ts";
import { docker } from "../../../tools/docker/docker.ts";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { stopEngine } from "../../../tools/docker/engine/stop.ts";
import { imageOf } from "../../../tools/docker/images/build.ts";
import { withLogins } from "../../../tools/docker/login.ts";
import { startRegistry } from "./registry.ts";

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
  const build = await buildSettingsOf("dev");
  // Digests that were not looked up: over the lab's bases, which are here.
  const zeros = (reference: string) => reference.replace(/[0-9a-f]{64}$/, "0".repeat(64));
  const bases = { node: zeros(build.bases.node), debian: zeros(build.bases.debian) };
  const images = scannedImages({ ...build, bases });
  const { artefact } = images.find(({ name }) => name === "monitoring") ?? {};
  if (!artefact) throw new Error("the family monitoring is not built");
  return imageOf((await obtain([artefact], { cache })).get(artefact.name) ?? "");
}

const vulnerability = (name: string, ecosystem: string, fixed: string) => ({
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
async function database(
  advisories: { ecosystem: string; advisory: ReturnType<typeof vulnerability> }[],
): Promise<string> {
  const made = join(folder, "data");
  for (const { ecosystem, advisory } of advisories) {
    const place = join(made, "osv-scanner", ecosystem);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, `${advisory.id}.json`), JSON.stringify(advisory));
    execFileSync("python3", ["-m", "zipfile", "-c", "all.zip", `${advisory.id}.json`], { cwd: place });
  }
  return made;
}

// The mark in the name is what tests/support/run/skips.ts knows it by.
describe("the scan of an image [needs osv-scanner]", () => {
  test("W4 the scan finds a vulnerability in a package of npm and in one of Debian, and no others", async ({
    skip,
  }) => {
    if (!scanner) return skip(missing);
    const data = await database([
      { ecosystem: "npm", advisory: vulnerability("zod", "npm", "99.0.0") },
      { ecosystem: "Debian", advisory: vulnerability("glibc", "Debian:12", "99") },
    ]);
    const report = await scanImage(
      { program: join(scanner, "osv-scanner"), database: data },
      await monitoringImage(),
    );
    expect([...new Set(vulnerabilitiesIn(report).map(({ id, fixed }) => `${id} ${fixed}`))].sort()).toEqual([
      "TEST-glibc 99",
      "TEST-zod 99.0.0",
    ]);
  });

  test("W4 an image that others built is pulled by its digest and scanned, and a vulnerability in it is told", async ({
    skip,
  }) => {
    if (!scanner) return skip(missing);
    const registry = await startRegistry(join(folder, "registry"));
    onTestFinished(() => registry.close());
    const { server, username, password } = registry;
    const name = `${server}/theirs/registry:1`;
    await withLogins([{ server, username, password }], async (logins) => {
      await docker(["tag", await registry.image(registryImage), name]);
      await docker(["push", "--quiet", name], { env: { DOCKER_CONFIG: logins } });
      await docker(["rmi", "--no-prune", name]);
    });
    const digest = (await registry.ask("theirs/registry/manifests/1")).headers.get("docker-content-digest");
    const data = await database([
      { ecosystem: "Debian", advisory: vulnerability("glibc", "Debian:12", "99") },
    ]);
    const told: string[] = [];
    const passes = await scanPulled(
      { [name]: `${name}@${digest}` },
      [{ server, username, password }],
      { program: join(scanner, "osv-scanner"), database: data },
      (text) => told.push(text),
    );
    expect(passes).toBe(false);
    expect(told.join("\n")).toMatch(
      new RegExp(`^✘ ${name}: 1 vulnerability to fix\n  TEST-glibc  9\\.8  glibc .*, fixed in 99$`),
    );
  });

  test("a scan without data is an error", async ({ skip }) => {
    if (!scanner) return skip(missing);
    const image = await monitoringImage();
    const empty = join(folder, "empty");
    await mkdir(empty);
    await expect(
      scanImage({ program: join(scanner, "osv-scanner"), database: empty }, image),
    ).rejects.toThrow(/could not scan .*; it ended with 127(.|\n)*no offline version of the OSV database/);
  });
});
