import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { publishedImages } from "../../../lab/commands/artefacts.ts";
import { registryImage } from "../../../lab/images/services.ts";
import { files } from "../../../lab/lab.ts";
import { machineImage } from "../../../lab/machines/image.ts";
import type { Stack } from "../../../lab/stack/stack.ts";
import { lookUp } from "../../../tools/artefacts/obtain.ts";
import { imageOf } from "../../../tools/docker/images/build.ts";
import { run } from "../../../tools/exec.ts";
import { policyPack } from "../../../tools/repository.ts";
import {
  containersOf,
  filesUnder,
  inFilesOutsideRoot,
  inImages,
  inLogs,
  loginUsersOf,
  processList,
  secretsOf,
  stackOf,
  told,
} from "../../support/secrets.ts";
import { foundIn, type Secret } from "../../support/secretValues.ts";
import { lab, minutes } from "../lab.ts";

/** Waits until a search finds what is planted: a journal is written, and a process begun, a moment later. */
const shows = (where: string, search: () => Promise<string[]>) =>
  waitFor({ what: `${where} to show what is planted`, deadline: 120, interval: 1 }, async () => {
    const found = await search();
    return found.join() === "planted" || notYet(`found: ${found}`);
  });

/**
 * That a running lab's secrets stand nowhere but where they belong.
 * @param commandLines of the processes that brought it up, most of which are gone
 */
export function secrets(commandLines: () => string) {
  let stack: Stack;
  let all: Secret[];
  let containers: string[];

  beforeAll(async () => {
    stack = await stackOf(lab);
    all = await secretsOf(lab, stack);
    containers = await containersOf(lab);
  }, 10 * minutes);

  test("S1 there is something to look for, and the search finds it where it does stand", async () => {
    const names = all.map(({ name }) => name).join("\n");
    for (const part of ["apiKey", "sshKey", "tlsKey", "passphrase", "postgres", "redis", "token"])
      expect(names).toContain(part);
    // Part of a secret that has many lines.
    expect(names).toContain("client-key-data");
    const { stdout } = await stack.pulumi(["stack", "export", "--show-secrets"]);
    expect(foundIn(stdout, all).length).toBeGreaterThan(5);
    expect(foundIn(Buffer.from(JSON.stringify({ x: all[0]?.value })).toString(), all)).toContain(
      all[0]?.name,
    );
    // Root's own files do hold some, so that a search which finds nothing has been able to.
    const read = await Promise.all(
      containers.map((name) =>
        run("docker", ["exec", name, "sh", "-c", "cat /etc/rancher/k3s/*"], { allowFailure: true }),
      ),
    );
    expect(foundIn(read.map(({ stdout: text }) => text).join("\n"), all)).not.toEqual([]);
  });

  test(
    "S1 each search finds what is planted for it",
    async () => {
      const value = randomBytes(20).toString("hex");
      const planted = [{ name: "planted", value }];
      const host = containers.find((name) => !name.endsWith("registry")) ?? "";
      // By standard input, so that it is on a command line only where it is meant to be.
      const plant = (script: string) =>
        run("docker", ["exec", "--interactive", host, "sh", "-c", `read -r value; ${script}`], {
          stdin: `${value}\n`,
        });
      await plant('echo "$value" > /var/tmp/planted; chmod 644 /var/tmp/planted');
      expect(await inFilesOutsideRoot(host, planted)).toEqual(["planted"]);
      await plant("chmod 600 /var/tmp/planted");
      expect(await inFilesOutsideRoot(host, planted)).toEqual([]);
      // Who may log in reads more than everyone: files of that user's own, and of a group.
      expect(await loginUsersOf(host)).toContain("ubuntu");
      for (const only of [
        "chown ubuntu /var/tmp/planted",
        "chown root:adm /var/tmp/planted; chmod 640 /var/tmp/planted",
      ]) {
        await plant(only);
        expect(await inFilesOutsideRoot(host, planted), only).toEqual(["planted"]);
      }
      // After the files: who may log in reads the journal's, too.
      await plant('rm /var/tmp/planted; logger "$value"');
      await shows("the journal", () => inLogs(host, planted));
      await plant('sh -c "sleep 600; true" "$value" > /dev/null 2>&1 & echo $! > /run/planted.pid');
      await shows("the host's processes", async () => foundIn(await processList(host), planted));
      await shows("this machine's processes", async () => foundIn(await processList(), planted));
      await plant('kill "$(cat /run/planted.pid)"; rm /run/planted.pid');
      const image = `sophia-${lab.name}-planted`;
      const folder = await mkdtemp(join(tmpdir(), "sophia-planted-"));
      try {
        await writeFile(join(folder, "note"), value);
        await run("tar", ["-C", folder, "-cf", join(folder, "image.tar"), "note"]);
        await run("docker", ["import", join(folder, "image.tar"), image]);
        expect(await inImages([image], planted)).toEqual(["planted"]);
      } finally {
        await run("docker", ["image", "rm", image], { allowFailure: true });
        await rm(folder, { recursive: true, force: true });
      }
    },
    10 * minutes,
  );

  test("S1 not in the exported state, nor in any file of the backend", async () => {
    const { stdout } = await stack.pulumi(["stack", "export"]);
    expect(foundIn(stdout, all)).toEqual([]);
    expect(foundIn(await filesUnder(files(lab).backend), all)).toEqual([]);
  });

  test(
    "S1 not in the logs of updates, of the lab's servers, of the engine",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "sophia-events-"));
      try {
        const log = join(folder, "events.json");
        await stack.pulumi(["preview", "--diff", "--policy-pack", policyPack, "--event-log", log], {
          env: { PULUMI_DEBUG_COMMANDS: "true" },
          allowFailure: true,
        });
        const events = await readFile(log, "utf8");
        expect(events).toContain("resourcePreEvent");
        expect(foundIn(told(events), all)).toEqual([]);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      for (const file of [files(lab).upLog, files(lab).cloudLog, join(lab.folder, "releases", "log")])
        expect(foundIn(await readFile(file, "utf8"), all), file).toEqual([]);
    },
    15 * minutes,
  );

  test("S1 not on a command line, on this machine or on a host", async () => {
    expect(foundIn(await processList(), all)).toEqual([]);
    for (const container of containers)
      expect(foundIn(await processList(container), all), container).toEqual([]);
  });

  test("S1 not on a command line that was seen while the lab was brought up", () => {
    // It has watched: the engine itself, its language host, and what runs on hosts.
    for (const seen of ["pulumi up ", "k3s", "ssh"]) expect(commandLines()).toContain(seen);
    expect(foundIn(commandLines(), all)).toEqual([]);
  });

  test(
    "S1 not in a host's logs, nor in its files that others than root can read",
    async () => {
      for (const container of containers) {
        expect(await inLogs(container, all), `logs of ${container}`).toEqual([]);
        expect(await inFilesOutsideRoot(container, all), `files of ${container}`).toEqual([]);
      }
    },
    15 * minutes,
  );

  test(
    "S1 not in an image",
    async () => {
      const artefacts = [machineImage, registryImage, ...publishedImages.map((each) => each.artefact)];
      const images = await Promise.all(
        artefacts.map(async (artefact) => imageOf((await lookUp(artefact, lab.cache)) ?? "")),
      );
      expect(await inImages(images, all)).toEqual([]);
    },
    15 * minutes,
  );
}
