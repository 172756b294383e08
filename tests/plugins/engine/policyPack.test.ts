import { join } from "node:path";
import { expect, test } from "vitest";
import { brief } from "../events.ts";
import { runProgram } from "../harness.ts";

const programs = join(import.meta.dirname, "../programs");

test("a policy pack in TypeScript checks every resource and knows the stack's name", async () => {
  const stack = await runProgram({ program: join(programs, "random") });
  const policyPacks = [join(programs, "policy")];
  const refused = await stack.up({ config: { length: 10 }, policyPacks });
  expect(refused.code).not.toBe(0);
  expect(refused.stdout).toContain("password password has 10 characters in program-random");
  expect((await stack.export()).resources.map(({ type }) => type)).not.toContain(
    "random:index/randomPassword:RandomPassword",
  );

  const allowed = await stack.up({ config: { length: 24 }, policyPacks });
  expect(allowed.code, allowed.stdout + allowed.stderr).toBe(0);
  expect(brief(allowed.steps)).toContain("create password");
  expect(allowed.events.flatMap(({ policyEvent }) => policyEvent?.enforcementLevel ?? [])).toEqual([
    "advisory",
  ]);
});
