import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { recipes } from "../../../components/images/families.ts";
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
import { testLabels } from "../../support/leftovers.ts";

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

/** What each image says when its settings are missing or wrong, and so that its program is in it. */
const complaints: Record<string, { options?: string[]; command: string[]; said: string | RegExp }> = {
  monitoring: { command: [], said: "SOPHIA_HOSTS_FILE: is not set" },
  "mcp-servers": {
    command: ["node", "/app/mcp/servers/sophia_infrastructure/main.ts"],
    said: "SOPHIA_LAMBDA_API_URL",
  },
  greeter: { options: ["--env", "PORT=none"], command: [], said: /expected number/ },
};

test("W4 BuildKit builds every family from the same files, and a service", async ({ skip }) => {
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
  const bases = { node: await image(nodeImage), debian: await image(baseImage) };
  const tag = `sophia-test-buildkit-${randomBytes(3).toString("hex")}`;
  const said: Record<string, string> = {};
  for (const recipe of recipes({ bases, services: { greeter: "tests/fixtures/images/service" } })) {
    const args = { ...recipe.bases, ...(recipe.overBase && { BASE: `${tag}:base` }) };
    const given = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    const file = ["--file", join(repository, recipe.dockerfile), join(repository, recipe.context)];
    const name = `${tag}:${recipe.name}`;
    await run(program, ["build", "--network=host", ...proxyArguments(), ...given, "--tag", name, ...file], {
      env: { DOCKER_BUILDKIT: "1" },
    });
    onTestFinished(async () => {
      await docker(["rmi", name]);
    });
    const complaint = complaints[recipe.name];
    if (!complaint) continue;
    const restricted = ["run", "--rm", ...testLabels(folder), "--read-only", "--network=none"];
    const ran = await docker([...restricted, ...(complaint.options ?? []), name, ...complaint.command], {
      allowFailure: true,
    });
    said[recipe.name] = ran.stderr;
  }
  expect(said).toEqual(
    Object.fromEntries(
      Object.entries(complaints).map(([name, { said: wanted }]) => [name, expect.stringMatching(wanted)]),
    ),
  );
});
