import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../../tools/exec.ts";
import { repository } from "../../../tools/repository.ts";

/** A kernel's settings in a folder that everyone may read, and root alone may change. */
function kernelWith(limits: Record<string, number>): string {
  const kernel = mkdtempSync(join(tmpdir(), "kernel-"));
  onTestFinished(() => rmSync(kernel, { recursive: true }));
  chmodSync(kernel, 0o755);
  mkdirSync(join(kernel, "fs/inotify"), { recursive: true });
  for (const [name, value] of Object.entries(limits))
    writeFileSync(join(kernel, "fs/inotify", name), `${value}\n`, { mode: 0o644 });
  return kernel;
}

/** What `raiseLimits` says to a user of group docker. */
async function saidToUser(kernel: string): Promise<string> {
  const limits = pathToFileURL(join(repository, "tools/docker/engine/limits.ts")).href;
  const code = `import { raiseLimits } from ${JSON.stringify(limits)};
    await raiseLimits(${JSON.stringify(kernel)}).then(() => console.log("raised"), (error) => console.log(error.message));`;
  const user = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath];
  return (await run("setpriv", [...user, "--input-type=module", "-e", code])).stdout.trim();
}

test.skipIf(process.getuid?.() !== 0)(
  "a user who may not raise the limits hears of all at once, with one command (Linux and root only)",
  async () => {
    const kernel = kernelWith({ max_user_instances: 128, max_user_watches: 8192 });
    expect(await saidToUser(kernel)).toBe(
      "fs.inotify.max_user_instances is 128 and fs.inotify.max_user_watches is 8192, too low for the lab's hosts, and " +
        "this user may not raise it; run: sudo sysctl fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=524288",
    );
    expect(readFileSync(join(kernel, "fs/inotify/max_user_instances"), "utf8")).toBe("128\n");
  },
);

test.skipIf(process.getuid?.() !== 0)(
  "limits that are high enough, or that this kernel does not have, are nobody's concern (Linux and root only)",
  async () => {
    expect(await saidToUser(kernelWith({ max_user_instances: 8192 }))).toBe("raised");
  },
);
