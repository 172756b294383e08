import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { files, labOf } from "../../../../lab/lab.ts";
import { withLock } from "../../../../lab/state/lock.ts";
import { run } from "../../../../tools/exec.ts";
import { repository } from "../../../../tools/repository.ts";

const cli = join(repository, "lab/cli.ts");

/** A lab of its own, with an empty cache, on a machine without a Docker engine. */
function newLab(): { root: string; cache: string; env: Record<string, string> } {
  const root = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const cache = join(root, "cache");
  const env = { LAB: "bad", LAB_ROOT: root, LAB_CACHE: cache, DOCKER_HOST: "tcp://127.0.0.1:1" };
  return { root, cache, env };
}

test.each(["up", "build"])(
  "`make %s` without a Docker engine fails with the command that helps, and builds nothing",
  async (command) => {
    const { cache, env } = newLab();
    const { code, stderr } = await run(process.execPath, [cli, command], { env, allowFailure: true });
    expect(code).toBe(1);
    expect(stderr).toContain("no Docker engine answers at DOCKER_HOST=tcp://127.0.0.1:1");
    expect(stderr).toContain("To fix it: start that engine, or: unset DOCKER_HOST");
    expect(existsSync(cache) ? readdirSync(cache) : []).toEqual([]);
  },
);

test.each([
  ["down --help", "down: Unknown option '--help'"],
  ["up --refrsh", "up: Unknown option '--refrsh'"],
  ["up dev", "up: Unexpected argument 'dev'"],
  ["preview dev --comment=", "preview: --comment= lacks its value"],
  ["toString", "there is no command toString"],
])("`%s` is refused with the usage before anything is done", async (words, fault) => {
  const { root, env } = newLab();
  const { code, stderr } = await run(process.execPath, [cli, ...words.split(" ")], {
    env,
    allowFailure: true,
  });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(fault) });
  expect(stderr).toContain("usage: node lab/cli.ts <command>");
  expect(readdirSync(root)).toEqual([]);
});

test.each(["typo", "../dev", ""])(
  "a preview of the stack `%s` names the stacks that exist",
  async (stack) => {
    const { root, env } = newLab();
    const { code, stderr } = await run(process.execPath, [cli, "preview", stack], {
      env,
      allowFailure: true,
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `\nthere is no stack ${stack}; there are: dev, local, prod\n`,
    });
    expect(readdirSync(root)).toEqual([]);
  },
);

test.each(["up", "preview"])(
  "`make %s` of the lab that another command changes is refused",
  async (command) => {
    const { root, cache, env } = newLab();
    const { code, stderr } = await withLock(files(labOf(env)).lock, "down", () =>
      run(process.execPath, [cli, command], { env, allowFailure: true }),
    );
    expect(code).toBe(1);
    expect(stderr).toContain(`\`make down\` (process ${process.pid}) is using this lab`);
    expect([existsSync(cache), readdirSync(root)]).toEqual([false, []]);
  },
);

test("Ctrl-C during a build ends it with 130 and leaves nothing half-built; the next run builds again", async () => {
  const { root, cache, env } = newLab();
  const bin = join(root, "bin");
  mkdirSync(bin);
  const started = join(root, "started");
  // A compiler that never ends; the real one takes minutes.
  const go = `#!/bin/sh
[ "$*" = "env GOVERSION" ] && echo go1.99.0 && exit
echo "$*" >>'${started}'
exec sleep 600
`;
  writeFileSync(join(bin, "go"), go, { mode: 0o755 });
  const PATH = [bin, process.env.PATH].join(delimiter);
  const interrupt = async () => {
    rmSync(started, { force: true });
    // As from a terminal: all processes of the command hear of it.
    const child = spawn(process.execPath, [cli, "preview", "dev"], {
      env: { ...process.env, ...env, PATH },
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const ended = once(child, "close");
    const building = async () => existsSync(started) || notYet(said);
    await waitFor({ what: "the compiler", deadline: 240, interval: 0.1 }, building);
    process.kill(-(child.pid ?? 0), "SIGINT");
    const [code] = await ended;
    return { code, said };
  };
  for (const _attempt of ["first", "second"]) {
    const { code, said } = await interrupt();
    expect(code, said).toBe(130);
    expect(said).toContain("interrupted; run the command again to continue");
    const left = readdirSync(cache, { recursive: true }).filter((name) =>
      /\.making-|pulumi-cli\/[0-9a-f]+/.test(`${name}`),
    );
    expect(left).toEqual([]);
  }
});
