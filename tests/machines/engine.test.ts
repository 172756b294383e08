import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { labOf } from "../../lab/lab.ts";
import { machineImage } from "../../lab/machines/image.ts";
import { obtain } from "../../tools/artefacts/obtain.ts";
import { docker } from "../../tools/docker/docker.ts";
import { ensureEngine } from "../../tools/docker/engine/engine.ts";
import { removeUser } from "../../tools/docker/engine/record.ts";
import { imageOf } from "../../tools/docker/images/build.ts";
import { run } from "../../tools/exec.ts";
import { enginePrograms } from "./engine/programs.ts";

/** Writes the image of the lab's hosts into a file: another engine has none. */
async function hostImage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-image-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await ensureEngine(folder);
  const built = await obtain([machineImage], { cache: labOf().cache });
  const file = join(folder, "host.tar");
  await docker(["save", "--output", file, await imageOf(built.get(machineImage.name) ?? "")]);
  await removeUser(folder);
  return file;
}

const able = process.platform === "linux" && process.getuid?.() === 0;

/** Whatever a program starts in them ends with it, also where it fails or is killed. */
const namespaces = ["--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child"];

/** Runs a program beside this machine's engine, with a folder of its own; what it printed. */
async function apart(program: string, ...args: string[]): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), "sophia-engine-"));
  try {
    const script = join(import.meta.dirname, "engine/apart.sh");
    const { stdout } = await run(
      "unshare",
      [...namespaces, "sh", script, program, "--folder", folder, ...args],
      {
        env: { DOCKER_HOST: undefined, TMPDIR: tmpdir() },
      },
    );
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe.skipIf(!able)("the engine's life (Linux and root only)", () => {
  test("started where none runs, revived with a lab's hosts when killed, kept while a lab needs it, stopped without a trace", async () => {
    const seen = await apart("cycle.ts", "--image", await hostImage());
    expect(seen).toMatchObject({
      running: expect.stringMatching(/^[0-9]+\./),
      bridge: true,
      ofRun: [],
      deadAnswers: false,
      revivedAnswers: true,
      restarted: true,
      left: ["", "", ""],
      whileSecondUses: { stopped: false, because: expect.stringContaining("/second uses it") },
      unasked: { code: 0, stderr: expect.stringContaining("it runs and does not answer") },
      answersThen: true,
      stopped: { stopped: true },
      again: { stopped: false },
      instancesWhile: 8192,
      instancesAfter: 128,
      forwardingBefore: "0",
      forwardingAfter: "0",
      links: false,
      processes: [],
      mounts: [],
      record: false,
    });
    expect(seen.removed).toHaveLength(5);
    expect(seen.rules).not.toMatch(/DOCKER|docker0|:FORWARD DROP/);
  });

  test("an engine that the package started is the lab's, also where `make up` was killed at that moment", async () => {
    expect(await apart("killedInstall.ts")).toEqual({
      killed: 128,
      ofRun: [],
      stopped: { stopped: true },
      gone: true,
    });
  });

  test("an engine that others started in place of the lab's keeps its network", async () => {
    const { engine, stopped, network } = await apart("others.ts");
    expect(stopped).toEqual({ stopped: false, because: `it was started by others: process ${engine}` });
    expect(network).toBe("");
  });

  test("an engine of a test that fails ends with it", async () => {
    const { message } = await apart("failing.ts").then(
      () => new Error("it did not fail"),
      (error: Error) => error,
    );
    const namespace = /failed in (mnt:\[\d+\]) beside .*dockerd/.exec(message)?.[1] ?? "";
    expect(namespace, message).not.toBe("");
    await waitFor({ what: "the end of the engine", deadline: 120, interval: 0.1 }, async () => {
      const left = await enginePrograms(namespace);
      return left.length === 0 ? true : notYet(left.join(", "));
    });
  });
});
