import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker } from "../../../tools/docker/docker.ts";
import { brief, type Step } from "../events.ts";
import { type OperationResult, type Program, runProgram } from "../harness.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";

const program = join(import.meta.dirname, "../programs/image");
let folder: string;
let registry: TestRegistry;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sophia-docker-test-"));
  registry = await startRegistry(join(folder, "engine"));
});
afterAll(async () => {
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

const dockerfile = "FROM scratch\nARG VERSION\nCOPY content.txt /\nUSER 1\n";

/** A stack whose image is built from a folder of its own. */
async function start(password = registry.password) {
  const context = await mkdtemp(join(folder, "context-"));
  const write = (name: string, text: string) => writeFile(join(context, name), text);
  await write("Dockerfile", dockerfile);
  await write("content.txt", `first of ${context}\n`);
  await write(".dockerignore", "*.md\n");
  const stack = await runProgram({
    program,
    config: { folder: context, server: registry.server },
    secrets: { password },
  });
  return { stack, write, context };
}

const tags = async () => (await registry.ask("team/made/tags/list")).status;
const served = async (digest: unknown) =>
  (await registry.ask(`team/made/manifests/${digest}`, "HEAD")).status;
const errorsOf = ({ diagnostics }: OperationResult) =>
  diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => message)
    .join("\n");
const diffOf = (steps: Step[]) => steps.find(({ name }) => name === "made")?.detailedDiff;
const outputs = async (stack: Program) => (await stack.outputs()) as { ref: string; digest: string };

test("W4 an image is planned without an engine, built and pushed once, and again when one of its files changed", async () => {
  const { stack, write } = await start();
  const planned = await stack.preview({ env: { DOCKER_HOST: "tcp://127.0.0.1:1" } });
  expect(planned.code, planned.stdout).toBe(0);
  expect(brief(planned.steps)).toEqual(["create made"]);
  expect(await tags()).toBe(404);

  const first = await stack.up();
  expect(first.code, first.stdout).toBe(0);
  const one = await outputs(stack);
  expect(one.ref).toBe(`${registry.server}/team/made:1@${one.digest}`);
  expect(await served(one.digest)).toBe(200);
  expect(brief((await stack.up()).steps)).toEqual([]);
  await write("notes.md", "not sent to the engine");
  expect(brief((await stack.up()).steps)).toEqual([]);

  await write("content.txt", "second");
  const plan = await stack.preview({ env: { DOCKER_HOST: "tcp://127.0.0.1:1" } });
  expect(brief(plan.steps)).toEqual(["update made"]);
  expect(diffOf(plan.steps)).toEqual({ contextHash: "update" });
  expect((await stack.up()).code).toBe(0);
  const two = await outputs(stack);
  expect(two.digest).not.toBe(one.digest);

  // Lost in the registry: noticed, and built again.
  await registry.ask(`team/made/manifests/${two.digest}`, "DELETE");
  await stack.refresh();
  expect(brief((await stack.up()).steps)).toEqual(["create made"]);
  const three = await outputs(stack);
  expect(await served(three.digest)).toBe(200);
  expect((await stack.destroy()).code).toBe(0);
  expect(await served(three.digest)).toBe(404);
});

test("S1 the registry's password is in neither state nor log, and the user's own logins are unchanged", async () => {
  const { stack } = await start();
  const up = await stack.up();
  expect(up.code, up.stdout).toBe(0);
  expect(JSON.stringify([up, await stack.export()])).not.toContain(registry.password);
  const { ref } = await outputs(stack);
  const pulled = await docker(["pull", ref], { allowFailure: true });
  expect(pulled.stderr).toMatch(/no basic auth credentials|unauthorized/i);
});

test("S1 a secret as build argument is refused by name, and its value is not repeated", async () => {
  const { stack } = await start();
  const refused = await stack.up({ config: { secretArgument: true } });
  expect(refused.code).not.toBe(0);
  expect(errorsOf(refused)).toContain(
    "buildArgs.TOKEN is a secret, but build arguments are readable in the image's history",
  );
  expect(JSON.stringify([refused, await stack.export()])).not.toContain(registry.password);
});

test("what the lab does not do is refused by name", async () => {
  const { stack } = await start();
  expect(errorsOf(await stack.preview({ config: { cache: true } }))).toContain(
    "cacheTo is not supported by the lab",
  );
  const building = await stack.preview({ config: { cache: false, buildOnPreview: true } });
  expect(errorsOf(building)).toContain("buildOnPreview must be false: the lab does not build in a preview");
  // Planned like the official plugin does, and refused only where it is to be built.
  const both = { buildOnPreview: false, platforms: ["linux/amd64", "linux/arm64"] };
  expect((await stack.preview({ config: both })).code).toBe(0);
  expect(errorsOf(await stack.up())).toContain(
    "the lab's Docker engine builds for linux/amd64 only, not for linux/arm64",
  );
});

test("a failed build reports the builder's message, and the next update builds", async () => {
  const { stack, write, context } = await start();
  await write("Dockerfile", `${dockerfile}COPY nowhere.txt /\n`);
  const failed = await stack.up();
  expect(failed.code).not.toBe(0);
  expect(errorsOf(failed)).toContain(
    `building ${registry.server}/team/made:1 from ${context}/Dockerfile failed`,
  );
  expect(errorsOf(failed)).toContain("nowhere.txt");
  await write("Dockerfile", dockerfile);
  expect(brief((await stack.up()).steps)).toEqual(["create made"]);
  await rm(join(context, "Dockerfile"));
  expect(errorsOf(await stack.preview())).toContain(`Dockerfile ${context}/Dockerfile does not exist`);
});

test("a refused push reports the registry's response without the password", async () => {
  const wrong = "wrong-7f3a1c9e5b";
  const { stack } = await start(wrong);
  const failed = await stack.up();
  expect(errorsOf(failed)).toContain(`pushing ${registry.server}/team/made:1 failed`);
  expect(errorsOf(failed)).toMatch(/no basic auth|unauthorized|authentication required/i);
  expect(JSON.stringify([failed, await stack.export()])).not.toContain(wrong);
});
