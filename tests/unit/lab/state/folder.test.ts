import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { files, type Lab, labOf } from "../../../../lab/lab.ts";
import { claimNetwork, releaseNetwork } from "../../../../lab/state/claim.ts";
import { markFolder, removeFolder } from "../../../../lab/state/folder.ts";
import { run } from "../../../../tools/exec.ts";
import { repository } from "../../../../tools/repository.ts";

function newLab(name = "local"): Lab {
  const root = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return labOf({ LAB: name, LAB_ROOT: root });
}

const cli = (command: string[], env: Record<string, string>) =>
  run(process.execPath, [join(repository, "lab/cli.ts"), ...command], {
    env: { DOCKER_HOST: "tcp://127.0.0.1:1", ...env },
    allowFailure: true,
  });

test.each([["down"], ["up"], ["build"], ["preview", "dev"]])(
  "`make %s` refuses a folder with what is not a lab's, and changes nothing",
  async (...command) => {
    const lab = newLab();
    mkdirSync(join(lab.folder, "bin"), { recursive: true });
    writeFileSync(join(lab.folder, "bin/tool"), "precious");
    const root = dirname(lab.folder);
    const { code, stderr } = await cli(command, { LAB: lab.name, LAB_ROOT: root, LAB_CACHE: lab.cache });
    expect(code).toBe(1);
    expect(stderr).toContain(`${lab.folder} is not the folder of a lab: it has bin and no .sophia-lab`);
    expect(stderr).toContain("LAB=<name>, LAB_ROOT=<folder>");
    expect(stderr).not.toContain("    at ");
    expect([readdirSync(root), readdirSync(lab.folder), existsSync(join(lab.folder, "bin/tool"))]).toEqual([
      ["local"],
      ["bin"],
      true,
    ]);
  },
);

test.each([
  ["cache", "holds something else"],
  ["ci", "holds something else"],
  ["node-compile-cache", "holds something else"],
  ["dashboards", "holds something else"],
  ["My_Lab", "lower-case letters"],
])("LAB=%s is refused in one sentence, by every command", async (name, why) => {
  const root = dirname(newLab().folder);
  for (const command of ["down", "status"]) {
    const { code, stderr } = await cli([command], { LAB: name, LAB_ROOT: root });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^LAB=${name} cannot name a lab: .*${why}.*\\n$`));
  }
  expect(readdirSync(root)).toEqual([]);
});

test("a lab of a version before the mark is known by what it keeps: a passphrase, a preview, a network", async () => {
  const [passphrase, preview, network] = [newLab(), newLab(), newLab()] as const;
  const keep = (file: string) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "");
  };
  keep(files(passphrase).passphrase);
  keep(join(preview.folder, "previews/dev/keys/passphrase"));
  keep(join(network.folder, "up.log"));
  await expect(markFolder(network)).rejects.toThrow("is not the folder of a lab: it has up.log");
  await claimNetwork(network);
  onTestFinished(() => releaseNetwork(network));
  for (const lab of [passphrase, preview, network]) await markFolder(lab);
  await releaseNetwork(network);
  await markFolder(network);
});

test("a folder that was marked stays the lab's, whatever comes into it, and is removed as a whole", async () => {
  const lab = newLab();
  await markFolder(lab);
  mkdirSync(join(lab.folder, "almost-built"));
  await markFolder(lab);
  await removeFolder(lab);
  expect(existsSync(lab.folder)).toBe(false);
  await removeFolder(lab);
});
