import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { brief } from "../events.ts";
import { type Program, runProgram } from "../harness.ts";
import { worldOf } from "./world.ts";

const program = join(import.meta.dirname, "../programs/dynamic");

async function start(config: Record<string, unknown> = {}) {
  const stack = await runProgram({ program, config, secrets: { password: "correct horse" } });
  const { folder, journal } = worldOf(stack);
  const first = await stack.up({ config: { folder, host: "one", ...config } });
  return { stack, folder, first, journal, since: (count: number) => journal().slice(count) };
}

const names = async (stack: Program) =>
  (await stack.export()).resources.flatMap(({ urn, type }) =>
    type === "pulumi-nodejs:dynamic:Resource" ? [urn.split("::").at(-1)] : [],
  );

test("up creates in order of dependencies, a second up changes nothing, destroy deletes in reverse order", async () => {
  const { stack, first, journal, since } = await start({ tenant: false });
  expect(first.stderr).toBe("");
  expect(first.code).toBe(0);
  expect(brief(first.steps)).toEqual(["create host", "create service", "create after"]);
  expect(journal()).toEqual(["create host one", "create service on one", "create after after"]);

  const second = await stack.up();
  expect(second.code).toBe(0);
  expect(brief(second.steps)).toEqual([]);
  expect((await stack.preview({ args: ["--expect-no-changes"] })).code).toBe(0);

  const destroyed = await stack.destroy();
  expect(destroyed.code).toBe(0);
  expect(since(3)).toEqual(["delete after after", "delete service on one", "delete host one"]);
  expect(await names(stack)).toEqual([]);
});

test("secret configuration reaches the program and stays encrypted in state and settings", async () => {
  const { stack } = await start({ tenant: false });
  expect(await stack.outputs()).toMatchObject({
    secret: "correct horse",
    project: "program-dynamic",
    text: "on one",
  });
  for (const file of await readdir(stack.dir, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || file.name.startsWith("events-")) continue;
    expect(await readFile(join(file.parentPath, file.name), "utf8"), file.name).not.toContain(
      "correct horse",
    );
  }
});

test("an update propagates to dependent resources; a preview shows it and changes nothing", async () => {
  const { stack, since } = await start({ tenant: false });
  const preview = await stack.preview({ config: { host: "two" } });
  expect(preview.code).toBe(0);
  expect(brief(preview.steps)).toEqual(["update host", "update service"]);
  expect(preview.stdout).toMatch(/text\s*: "on one" => "on two"/);
  expect(since(3)).toEqual([]);

  const up = await stack.up();
  expect(brief(up.steps)).toEqual(["update host", "update service"]);
  expect(since(3)).toEqual(["update host one two", "update service on one on two"]);
});

test("a preview shows what only an update will know, and an update knows it", async () => {
  const { stack, since } = await start({ tenant: false });
  const first = await stack.preview({ config: { witness: true, kind: "other" } });
  expect(first.code).toBe(0);
  expect(brief(first.steps)).toContain("create witness");
  expect(first.stdout).toMatch(/text\s*: \[unknown\]/);
  expect(since(3)).toEqual([]);
  const up = await stack.up();
  expect(up.code).toBe(0);
  expect(since(3)).toContain(`create witness saw ${(await stack.outputs()).hostId}`);

  const again = await stack.preview({ config: { kind: "third" } });
  expect(again.stdout).toMatch(/text\s*: "saw [^"]+" => \[unknown\]/);
});

test("a replacement creates the new resource first, or deletes the old one and its dependents first", async () => {
  const { stack, since } = await start({ tenant: false });
  const after = await stack.up({ config: { kind: "other" } });
  expect(after.code).toBe(0);
  expect(brief(after.steps)).toEqual(["create-replacement host", "replace host", "delete-replaced host"]);
  expect(after.steps.find(({ op }) => op === "create-replacement")?.keys).toEqual(["kind"]);
  expect(since(3)).toEqual(["create host one", "delete host one"]);

  const before = await stack.up({ config: { place: "elsewhere" } });
  expect(before.code).toBe(0);
  expect(since(5)).toEqual(["delete host one", "create host one"]);
});

test("a failed update keeps what was created, and the next up continues", async () => {
  const { stack, first, since } = await start({ tenant: false, fail: "create" });
  expect(first.code).not.toBe(0);
  expect(first.diagnostics.map(({ message }) => message).join()).toContain("service cannot be made");
  expect(await names(stack)).toEqual(["host"]);

  const next = await stack.up({ config: { fail: "" } });
  expect(next.code).toBe(0);
  expect(since(1)).toEqual(["create service on one", "create after after"]);
});

test("a partly created resource is recorded and completed, not created twice", async () => {
  const { stack, first, since } = await start({ tenant: false, fail: "half" });
  expect(first.code).not.toBe(0);
  expect(await names(stack)).toEqual(["host", "service"]);

  const next = await stack.up({ config: { fail: "" } });
  expect(next.code).toBe(0);
  expect(since(2)).toEqual(["update service on one on one", "create after after"]);
});

test("refresh finds drift and lost resources; the next up repairs them", async () => {
  const { stack, folder, since } = await start({ tenant: false });
  const { hostId } = await stack.outputs();
  await writeFile(join(folder, `${hostId}.json`), JSON.stringify({ text: "drifted" }));
  const refreshed = await stack.refresh();
  expect(refreshed.code).toBe(0);
  const host = (await stack.export()).resources.find(({ urn }) => urn.endsWith("::host"));
  expect(host?.outputs?.text).toBe("drifted");
  expect(brief((await stack.up()).steps)).toEqual(["update host"]);
  expect(since(3)).toEqual(["update host drifted one"]);

  await rm(join(folder, `${hostId}.json`));
  expect((await stack.refresh()).code).toBe(0);
  expect(await names(stack)).toEqual(["service", "after"]);
  const mended = await stack.up();
  expect(mended.code, mended.stdout).toBe(0);
  expect(since(4)).toEqual(["create host one"]);
});

test("a resource with deletedWith is not deleted separately", async () => {
  const { stack, first, since } = await start({ tenantFail: "delete" });
  expect(first.code).toBe(0);
  const destroyed = await stack.destroy();
  expect(destroyed.code).toBe(0);
  expect(since(4)).toEqual(["delete after after", "delete service on one", "delete host one"]);
  expect(await names(stack)).toEqual([]);
});

test("a failed check names the property and the reason, and nothing is created", async () => {
  const { first, journal } = await start({ host: "forbidden", tenant: false });
  expect(first.code).not.toBe(0);
  expect(first.diagnostics.map(({ message }) => message).join()).toContain("must not be forbidden");
  expect(journal()).toEqual([]);
});

test("an exception of the program is reported once; its exit code is passed on", async () => {
  const { stack, first } = await start({ crash: "throw" });
  expect(first.code).not.toBe(0);
  const errors = first.diagnostics.filter(({ severity }) => severity === "error");
  expect(errors).toHaveLength(1);
  expect(errors[0]?.message).toContain("the program throws");

  const exited = await stack.up({ config: { crash: "exit" } });
  expect(exited.code).not.toBe(0);
  expect(exited.stdout + exited.stderr).toContain("Program exited with non-zero exit code: 7");
});
