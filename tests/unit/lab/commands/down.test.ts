import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Lab, labOf } from "../../../../lab/lab.ts";
import { claimNetwork, networkOf, releaseNetwork } from "../../../../lab/state/claim.ts";
import { markFolder } from "../../../../lab/state/folder.ts";
import { run } from "../../../../tools/exec.ts";
import { repository } from "../../../../tools/repository.ts";

async function newLab(): Promise<Lab> {
  const root = mkdtempSync(join(tmpdir(), "lab-"));
  const lab = labOf({ LAB: "gone", LAB_ROOT: root });
  onTestFinished(async () => {
    await releaseNetwork(lab);
    rmSync(root, { recursive: true, force: true });
  });
  await markFolder(lab);
  return lab;
}

/** `make down` where nobody answers at the engine's address. */
const down = (lab: Lab) =>
  run(process.execPath, [join(repository, "lab/cli.ts"), "down"], {
    env: { LAB: lab.name, LAB_ROOT: join(lab.folder, ".."), DOCKER_HOST: "tcp://127.0.0.1:1" },
    allowFailure: true,
  });

test("a lab whose engine does not answer is kept: the error says why, and what to do", async () => {
  const lab = await newLab();
  const network = await claimNetwork(lab);
  const { code, stderr } = await down(lab);
  expect(code).toBe(1);
  expect(stderr).toContain("no Docker engine answers at DOCKER_HOST=tcp://127.0.0.1:1");
  expect(stderr).toContain("unset DOCKER_HOST");
  expect(stderr).toContain(`rm -r ${lab.folder}`);
  expect(stderr).not.toContain("✔ machines");
  expect(await networkOf(lab)).toBe(network);
});

test("after a restart of the machine, which forgets the claims, the servers' folder tells that there were hosts", async () => {
  const lab = await newLab();
  mkdirSync(join(lab.folder, "cloud"));
  expect((await down(lab)).code).toBe(1);
  expect(existsSync(lab.folder)).toBe(true);
});
