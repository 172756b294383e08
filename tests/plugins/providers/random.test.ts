import { join } from "node:path";
import { compare } from "bcryptjs";
import { expect, test } from "vitest";
import { brief } from "../events.ts";
import { runProgram } from "../harness.ts";

const program = join(import.meta.dirname, "../programs/random");

test("random values are generated once, secret ones are encrypted, a change of keepers or length replaces them", async () => {
  const stack = await runProgram({ program });
  const preview = await stack.preview();
  expect(preview.code).toBe(0);
  expect(brief(preview.steps).sort()).toEqual(["create digits", "create id", "create password"]);

  expect((await stack.up()).code).toBe(0);
  const first = await stack.outputs();
  const password = String(first.result);
  expect(password).toMatch(/^[A-Za-z0-9_-]{24}$/);
  expect(password.replace(/[^A-Z]/g, "").length).toBeGreaterThanOrEqual(2);
  expect(password.replace(/[^0-9]/g, "").length).toBeGreaterThanOrEqual(3);
  expect(await compare(password, String(first.hash))).toBe(true);
  expect(first).toMatchObject({ passwordId: "none", length: 24 });
  expect(first.hex).toMatch(/^lab-[0-9a-f]{16}$/);
  expect(first.code).toMatch(/^[0-9]{6}$/);
  expect(JSON.stringify(await stack.export())).not.toContain(password);

  const resources = (await stack.export()).resources;
  const state = resources.find(({ type }) => type === "random:index/randomPassword:RandomPassword");
  expect(Object.keys(state?.outputs ?? {}).sort()).toEqual([
    "bcryptHash",
    "length",
    "lower",
    "minLower",
    "minNumeric",
    "minSpecial",
    "minUpper",
    "number",
    "numeric",
    "overrideSpecial",
    "result",
    "special",
    "upper",
  ]);

  // Spelling a default out is no change.
  const same = await stack.up({ config: { explicit: true } });
  expect(brief(same.steps).filter((step) => step.startsWith("create"))).toEqual([]);
  expect((await stack.outputs()).result).toBe(password);

  const kept = await stack.up({ config: { keepers: { rotation: "2" } } });
  expect(brief(kept.steps)).toContain("create-replacement password");
  const second = await stack.outputs();
  expect(second.result).not.toBe(password);
  expect(second.hex).toBe(first.hex);

  const longer = await stack.up({ config: { length: 40 } });
  expect(longer.steps.find(({ op }) => op === "replace")?.detailedDiff).toEqual({ length: "update-replace" });
  expect((await stack.outputs()).length).toBe(40);

  const refreshed = await stack.refresh();
  expect(refreshed.code).toBe(0);
  expect((await stack.destroy()).code).toBe(0);
});

test("a preview shows what is not known yet; a failure in the middle keeps what was made, and the next up continues", async () => {
  const stack = await runProgram({ program });
  const preview = await stack.preview({ config: { chained: true } });
  expect(preview.code).toBe(0);
  expect(brief(preview.steps)).toContain("create chained");
  expect(preview.stdout).toMatch(/keepers\s*: \{\s*id\s*: \[unknown\]/);

  const failed = await stack.up({ config: { broken: true } });
  expect(failed.code).not.toBe(0);
  expect(failed.stdout).toContain("length must be a whole number of at least 5");
  const ids = async () =>
    (await stack.export()).resources.map(({ urn, id }) => `${urn.split("::").at(-1)} ${id}`);
  const kept = (await ids()).filter((one) => /^(id|digits) /.test(one));
  expect(kept).toHaveLength(2);

  const next = await stack.up({ config: { broken: false } });
  expect(next.code).toBe(0);
  expect(brief(next.steps)).not.toContain("create password");
  expect(await ids()).toEqual(expect.arrayContaining(kept));
  expect(brief((await stack.up()).steps)).toEqual([]);
});

test("invalid inputs are refused with every error, unsupported types by name", async () => {
  const stack = await runProgram({ program });
  const short = await stack.preview({ config: { length: 5 } });
  expect(short.code).not.toBe(0);
  expect(short.stdout + short.stderr).toContain("length must be a whole number of at least 6");

  const pet = await stack.up({ config: { length: 24, pet: true } });
  expect(pet.code).not.toBe(0);
  expect(pet.stdout).toContain(
    "random:index/randomPet:RandomPet is not supported by the lab's random plugin",
  );
});
