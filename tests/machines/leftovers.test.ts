import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { machineImage } from "../../lab/machines/image.ts";
import { docker, labelArguments, linesOf } from "../../tools/docker/docker.ts";
import { removeLeftovers } from "../support/leftovers.ts";
import { startTestLab, type TestLab } from "./driver/lab.ts";

let lab: TestLab;
beforeAll(async () => {
  lab = await startTestLab("leftovers");
});
afterAll(() => lab.close());

test("an interrupted run's containers, volumes and networks are removed, and no others", async () => {
  const run = await mkdtemp(join(tmpdir(), "run-"));
  onTestFinished(() => rm(run, { recursive: true }));
  const image = await lab.image(machineImage);
  const ownerOf = { inside: join(run, "test"), itself: run, similar: `${run}-2` };
  const names = Object.entries(ownerOf).map(([which, folder]) => {
    const name = `test-${which}-${randomBytes(3).toString("hex")}`;
    return { name, labels: labelArguments({ name, folder }) };
  });
  for (const { name, labels } of names) {
    await docker(["volume", "create", ...labels, name]);
    await docker(["network", "create", ...labels, name]);
    await docker(["create", "--name", name, ...labels, "--volume", `${name}:/v`, image]);
  }
  const left = async () => {
    const lists = [
      ["ps", "--all", "--format", "{{.Names}}"],
      ["volume", "ls", "--format", "{{.Name}}"],
      ["network", "ls", "--format", "{{.Name}}"],
    ];
    const all = await Promise.all(lists.map(async (list) => linesOf((await docker(list)).stdout)));
    return all.map((found) => found.filter((name) => names.some((each) => each.name === name)));
  };
  const similar = names.at(-1)?.name ?? "";
  const removed = await removeLeftovers(run);
  expect(await left()).toEqual([[similar], [similar], [similar]]);
  expect(removed).toHaveLength(6);
  await removeLeftovers(`${run}-2`);
  expect(await left()).toEqual([[], [], []]);
});
