import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { labOf } from "../../../lab/lab.ts";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { docker } from "../../../tools/docker/docker.ts";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { stopEngine } from "../../../tools/docker/engine/stop.ts";
import { baseImage } from "../../../tools/docker/images/base/image.ts";
import { imageOf, proxyArguments } from "../../../tools/docker/images/build.ts";
import { nodeImage } from "../../../tools/docker/images/node/image.ts";
import { run } from "../../../tools/exec.ts";
import { repository } from "../../../tools/repository.ts";

/** A `docker` that can build with BuildKit, which the official plugin brings along. */
async function dockerWithBuildKit(): Promise<string | undefined> {
  for (const program of ["docker", "/usr/bin/docker"]) {
    const asked = await run(program, ["build", "--help"], {
      env: { DOCKER_BUILDKIT: "1" },
      allowFailure: true,
    });
    if (asked.code === 0 && asked.stdout.includes("--secret")) return program;
  }
  return undefined;
}

test("W4 BuildKit builds from the same files", async ({ skip }) => {
  const program = await dockerWithBuildKit();
  if (!program) return skip("no docker command with BuildKit is installed");
  const folder = await mkdtemp(join(tmpdir(), "sophia-buildkit-"));
  await ensureEngine(folder);
  onTestFinished(async () => {
    await stopEngine(folder);
    await rm(folder, { recursive: true, force: true });
  });
  const folders = await obtain([nodeImage, baseImage], { cache: labOf().cache });
  const image = (artefact: Artefact) => imageOf(folders.get(artefact.name) ?? "");
  const name = `sophia-test-buildkit-${randomBytes(3).toString("hex")}`;
  const build = async (family: string, args: Record<string, string>) => {
    const given = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    const context = join(repository, "images", family);
    await run(
      program,
      ["build", "--network=host", ...proxyArguments(), ...given, "--tag", `${name}:${family}`, context],
      { env: { DOCKER_BUILDKIT: "1" } },
    );
    return `${name}:${family}`;
  };
  const node = await image(nodeImage);
  const base = await build("base", { NODE: node, DEBIAN: await image(baseImage) });
  const monitoring = await build("monitoring", { NODE: node, BASE: base });
  const { stderr } = await docker(["run", "--rm", "--read-only", "--network=none", monitoring], {
    allowFailure: true,
  });
  expect(stderr).toContain("SOPHIA_HOSTS_FILE: is not set");
  await docker(["rmi", monitoring, base]);
});
