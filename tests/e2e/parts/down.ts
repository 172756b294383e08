import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { files } from "../../../lab/lab.ts";
import { serverVariable } from "../../../lab/state/servers.ts";
import { run } from "../../../tools/exec.ts";
import { command, lab, minutes, status } from "../lab.ts";
import { claims, inEngine, listening, mounted, processes, tracesOfLab } from "./traces.ts";

const pidFileIn = (folder: string) => {
  const [name = ""] = readdirSync(folder).filter((each) => /^pid-.*\.json$/.test(each));
  return join(folder, name);
};

/** As after a crash: one server is dead and its child is not, of another nobody knows the number any more, a host is gone. */
async function breakIt(host: string): Promise<void> {
  const { pid } = JSON.parse(readFileSync(pidFileIn(join(lab.folder, "cloud")), "utf8")) as { pid: number };
  process.kill(pid, "SIGKILL");
  const orphan = spawn("sleep", ["4711"], {
    env: { ...process.env, [serverVariable]: join(lab.folder, "cloud") },
    stdio: "ignore",
    detached: true,
  });
  onTestFinished(() => void orphan.kill("SIGKILL"));
  await once(orphan, "spawn");
  expect(await processes()).toContain("sleep 4711");
  truncateSync(pidFileIn(files(lab).saas));
  const [container = ""] = (
    await run("docker", [
      "ps",
      "-q",
      "--filter",
      `label=ai.sophia.lab=${lab.name}`,
      "--filter",
      `publish=8080`,
    ])
  ).stdout.split("\n");
  expect(container, host).not.toBe("");
  await run("docker", ["rm", "--force", container]);
}

const exists = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** What is left afterwards. */
export function down() {
  test(
    "of a half-dead lab leaves no container, volume, network, process, mount, port, claim or file",
    async () => {
      const { report } = await status();
      const traces = await tracesOfLab();
      // Else there would be nothing to look for.
      expect(await listening()).toEqual(expect.arrayContaining(traces.sockets));
      expect(traces.sockets).toContain(`${report.hosts[0]?.address}:6443`);
      const isOfLab = (path: string) => traces.mounts.some((part) => path.includes(part));
      expect((await mounted()).filter(isOfLab)).not.toEqual([]);
      expect((await processes()).length).toBeGreaterThanOrEqual(3);
      expect(await claims()).toContain(lab.folder);

      await breakIt(report.hosts[0]?.name ?? "");
      const { code, stderr } = await command("down");
      expect(code, stderr).toBe(0);
      expect(await inEngine()).toEqual([]);
      expect(await processes()).toEqual([]);
      expect((await mounted()).filter((path) => isOfLab(path) || path.includes(lab.folder))).toEqual([]);
      expect((await listening()).filter((socket) => traces.sockets.includes(socket))).toEqual([]);
      expect(await claims()).not.toContain(lab.folder);
      expect([lab.folder, `${lab.folder}.lock`].filter(exists)).toEqual([]);
    },
    15 * minutes,
  );
}
