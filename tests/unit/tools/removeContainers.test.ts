import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { removeContainers } from "../../../tools/docker/remove.ts";

const ending =
  "Error response from daemon: Could not kill running container 3ebf, cannot remove - tried to kill container, " +
  "but did not receive an exit event";

/** A `docker` that gives these answers on standard error, one a call, and then removes. Returns how often it was called. */
async function engine(...answers: string[]): Promise<() => Promise<number>> {
  const folder = await mkdtemp(join(tmpdir(), "docker-"));
  const calls = join(folder, "calls");
  await writeFile(calls, "");
  await writeFile(join(folder, "answers"), answers.join("\n"));
  const program = [
    "#!/bin/bash",
    `echo "$*" >> '${calls}'`,
    `answer=$(sed -n "$(wc -l < '${calls}')p" '${folder}/answers')`,
    'if [ -n "$answer" ]; then echo "$answer" >&2; exit 1; fi',
  ];
  await writeFile(join(folder, "docker"), program.join("\n"));
  await chmod(join(folder, "docker"), 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH ?? ""}`);
  return async () => (await readFile(calls, "utf8")).trim().split("\n").length;
}
afterEach(() => void vi.unstubAllEnvs());

test("a container whose processes end late on a busy machine is removed by another attempt", async () => {
  const calls = await engine(
    ending,
    "Error response from daemon: removal of container a is already in progress",
  );
  await removeContainers(["a"]);
  expect(await calls()).toBe(3);
});

test("a container that is not there is passed over", async () => {
  const calls = await engine("Error: No such container: a");
  await removeContainers(["a"]);
  expect(await calls()).toBe(1);
});

test("another refusal of the engine fails at once with what it said", async () => {
  const calls = await engine(
    "Error response from daemon: driver failed to remove root filesystem: device busy",
  );
  await expect(removeContainers(["a"])).rejects.toThrow(/docker rm ended with 1:.*device busy/s);
  expect(await calls()).toBe(1);
});
