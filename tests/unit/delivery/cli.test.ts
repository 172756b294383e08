import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { pulumiVersion } from "../../../lab/pulumi/versions.ts";
import { repository } from "../../../tools/repository.ts";
import { planned } from "./stack/recorded.ts";

/** Runs a command of the workflows with a CLI that only notes what it was asked. */
const asked = (...args: string[]) => askedWith([], ...args);

/** The same; each preview has these events. */
function askedWith(events: object[], ...args: string[]): { calls: string[]; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), "sophia-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [binary, calls, log] = [join(folder, "pulumi"), join(folder, "calls"), join(folder, "events")];
  writeFileSync(calls, "");
  writeFileSync(log, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  writeFileSync(
    binary,
    `#!/bin/sh
echo "$@" >>'${calls}'
case "$*" in *"tag ls"* | *"stack export"*) echo '{}' ;; esac
while [ $# -gt 0 ]; do
  [ "$1" = --event-log ] && cp '${log}' "$2"
  shift
done
`,
  );
  chmodSync(binary, 0o755);
  const env = { ...process.env, PULUMI_BINARY: binary, HELM_BINARY: "/not/needed", PULUMI_ORGANIZATION: "" };
  const { stderr } = spawnSync(process.execPath, [join(repository, "delivery/cli.ts"), ...args], {
    encoding: "utf8",
    env,
  });
  return { calls: readFileSync(calls, "utf8").split("\n").filter(Boolean), stderr };
}

test("L1 S3 plan and up run the policy pack, and look at what is really there when they are asked to", () => {
  const pack = `--policy-pack ${join(repository, "policies")}`;
  const [plan = ""] = asked("plan", "--stack=dev", "--refresh").calls;
  expect(plan).toMatch(/^preview .*--refresh/);
  expect(plan).toContain(pack);
  const update = (...more: string[]) => asked("up", "--stack=dev", ...more).calls.at(-1) ?? "";
  expect(update("--refresh")).toMatch(/^up .*--refresh/);
  const plain = update();
  expect(plain).toMatch(/^up (?!.*--refresh)/);
  expect(plain).toContain(pack);
  // Rules about the whole stack are asked at the end of a preview, else when everything has been changed.
  expect(plain).not.toContain("--skip-preview");
});

test("C1 a misspelt option ends a command before anything is done, with the usage", () => {
  const { calls, stderr } = askedWith([], "up", "--stack=dev", "--refesh");
  expect(calls).toEqual([]);
  expect(stderr).toContain("'--refesh'");
  expect(stderr).toContain("usage: node delivery/cli.ts <command>");
  expect(stderr).not.toContain("    at ");
});

describe("C1 without PULUMI_BINARY, the CLI of the npm package", () => {
  /** Runs an update with this CLI where the package keeps it, or with an installer that brings it. */
  function updated(cli: string, { cached }: { cached: boolean }) {
    const folder = mkdtempSync(join(tmpdir(), "sophia-cli-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const bin = join(folder, "versions", pulumiVersion, "bin");
    mkdirSync(cached ? bin : folder, { recursive: true });
    const source = join(cached ? bin : folder, "pulumi");
    writeFileSync(source, `#!/bin/sh\ncase "$1" in stack) echo '{}'; exit ;; esac\n${cli}`);
    chmodSync(source, 0o755);
    const site = join(folder, "site.mjs");
    const installer = `echo "=== Installing Pulumi ==="; mkdir -p '${bin}'; cp '${source}' '${bin}'`;
    writeFileSync(site, `globalThis.fetch = async () => new Response(${JSON.stringify(installer)});\n`);
    const env = {
      ...process.env,
      PULUMI_HOME: folder,
      PULUMI_BINARY: "",
      HELM_BINARY: "/not/needed",
      PULUMI_ORGANIZATION: "",
      NODE_OPTIONS: `--import=${site}`,
    };
    const args = [join(repository, "delivery/cli.ts"), "up", "--stack=dev", "--deadline=5"];
    return spawnSync(process.execPath, args, { encoding: "utf8", env });
  }

  test("is ended in order at the deadline of an update that hangs, which fails", () => {
    const { status, stdout, stderr } = updated(
      `trap 'echo recorded; exit 1' TERM
i=0
while [ $((i += 1)) -lt 600 ]; do sleep 0.1; done
`,
      { cached: true },
    );
    expect([status, stdout]).toEqual([1, expect.stringContaining("recorded")]);
    expect(stderr).toContain("the update of stack dev had not ended after 5 s");
  });

  test("is downloaded before the first answer is read", () => {
    const { status, stdout, stderr } = updated("exit 0\n", { cached: false });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Stack dev was updated to/);
  });
});

test.each([
  ["verify", "soon"],
  ["up", "0"],
  ["rollback", "1e9x"],
])(
  "%s with a deadline that is no number of seconds, %s, is refused before Pulumi is asked",
  (command, deadline) => {
    const { calls, stderr } = asked(command, "--stack=dev", `--deadline=${deadline}`);
    expect(calls).toEqual([]);
    expect(stderr).toContain(`--deadline=${deadline} is no number of seconds`);
  },
);

test("C1 a part is planned as it will be updated, and not updated when that loses data without consent", () => {
  const server = planned("same", "sophia:mcp:McpServer", "memory");
  const volume = planned("delete", "kubernetes:core/v1:PersistentVolumeClaim", "memory");
  const part = (events: object[], ...more: string[]) => {
    const { calls, stderr } = askedWith(events, "up", "--stack=dev", "--only=mcp", ...more);
    const [previewed] = calls.filter((call) => /^preview .*--target /.test(call));
    return { previewed, update: calls.find((call) => call.startsWith("up ")), stderr };
  };
  const refused = part([server, volume]);
  expect(refused.previewed).toContain("--target **sophia:mcp:McpServer$**");
  expect(refused.update).toBeUndefined();
  expect(refused.stderr).toContain("volume memory: deleted with its data");
  const targets = /--target .*McpServer\S*/;
  for (const { previewed, update } of [part([server]), part([server, volume], "--data-loss")])
    expect(update?.match(targets)?.[0]).toBe(previewed?.match(targets)?.[0] ?? "none");
  // The consent to a whole update is asked for with its plan.
  expect(askedWith([], "up", "--stack=dev", "--data-loss").calls).toEqual([]);
});

test.each([
  ["replace", "--host=", "--confirm="],
  ["replace", "--host=", "--confirm=mcp"],
  ["replace", "--host=mcp", "--confirm="],
  ["replace", "--host=mcp", "--confirm=backend"],
  ["up", "--confirm=mcp"],
  ["up", "--host=mcp"],
])("C1 %s %s %s is refused before Pulumi is asked, and is no update of everything", (command, ...given) => {
  const { calls, stderr } = asked(command, "--stack=dev", ...given);
  expect(calls).toEqual([]);
  expect(stderr).toMatch(/--host is missing|was not confirmed|Unknown option/);
});

test("a command that there is not is refused, with those that there are", () => {
  const { calls, stderr } = asked("destroy", "--stack=dev");
  expect(calls).toEqual([]);
  expect(stderr).toContain("usage: node delivery/cli.ts");
});

describe("S1 the engine's event log, which holds values in the clear", () => {
  /** Plans with a CLI that does this once it has begun its log, and then waits to be ended. */
  function planning(then: string) {
    const folder = mkdtempSync(join(tmpdir(), "sophia-cli-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [binary, temporary] = [join(folder, "pulumi"), join(folder, "tmp")];
    mkdirSync(temporary);
    writeFileSync(
      binary,
      `#!/bin/sh
while [ "$1" != --event-log ]; do shift; done
: >"$2"
${then}
`,
    );
    chmodSync(binary, 0o755);
    const env = { ...process.env, PULUMI_BINARY: binary, HELM_BINARY: "/not/needed", TMPDIR: temporary };
    const left = () => readdirSync(temporary);
    return { command: [join(repository, "delivery/cli.ts"), "plan", "--stack=dev"], env, left };
  }
  const modes = 'stat -c %a "$(dirname "$2")" >&2; exit 1';

  test("is in a folder that only this user may enter, and is removed when the preview fails", () => {
    const { command, env, left } = planning(modes);
    const { status, stdout } = spawnSync(process.execPath, command, { encoding: "utf8", env });
    expect([status, stdout]).toEqual([1, expect.stringMatching(/\b700\b/)]);
    expect(left()).toEqual([]);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("is removed when %s ends the command", async (signal) => {
    const { command, env, left } = planning("trap 'exit 1' TERM; while :; do sleep 0.05; done");
    const child = spawn(process.execPath, command, { env, stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("close", (code, by) => resolve(by ?? code)));
    await expect.poll(left, { timeout: 60_000 }).not.toEqual([]);
    const [folder = ""] = left();
    await expect.poll(() => readdirSync(join(env.TMPDIR, folder)), { timeout: 60_000 }).not.toEqual([]);
    child.kill(signal);
    expect(await ended).toBe(1);
    expect(left()).toEqual([]);
  });
});
