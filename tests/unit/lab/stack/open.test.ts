import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { files, type Lab, labOf } from "../../../../lab/lab.ts";
import { openStack, rememberTools } from "../../../../lab/stack/open.ts";

function newLab(): Lab {
  const root = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return labOf({ LAB: "opened", LAB_ROOT: root });
}

/** As `make up` leaves it: a state, and tools that today's sources would not build. */
function broughtUp(lab: Lab) {
  const state = join(files(lab).backend, "state/.pulumi/stacks/sophia-infra/local.json");
  mkdirSync(dirname(state), { recursive: true });
  writeFileSync(state, "{}");
  const [cli, helm] = ["pulumi-cli", "helm"].map((name) => join(lab.cache, name, "0123456789abcdef"));
  for (const folder of [cli, helm] as string[]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(cli as string, "pulumi"), "#!/bin/sh\n", { mode: 0o755 });
  return { cli: cli as string, helm: helm as string };
}

test("a lab is opened with the tools that it was brought up with, whatever the sources are by now", async () => {
  const lab = newLab();
  expect(await openStack(lab)).toBeUndefined();
  const tools = broughtUp(lab);
  rememberTools(lab, tools);
  expect((await openStack(lab))?.helm).toBe(join(tools.helm, "helm"));
});

test("a lab whose tools are gone is not taken for none: the error says what to do", async () => {
  const lab = newLab();
  const tools = broughtUp(lab);
  rememberTools(lab, tools);
  rmSync(tools.helm, { recursive: true });
  await expect(openStack(lab)).rejects.toThrow(
    /is running, but its tools are no longer in .*cache.*`make up`.*`make down`/,
  );
});
