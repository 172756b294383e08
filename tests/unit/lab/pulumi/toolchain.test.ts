import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { endLeftCli, mendState, removeDeadLocks } from "../../../../lab/pulumi/locks.ts";
import {
  assembleToolchain,
  chooseMode,
  officialToolchain,
  pulumiEnvironment,
  pulumiHome,
  type Toolchain,
} from "../../../../lab/pulumi/toolchain.ts";
import { checkout, pluginVersion, pulumiVersion } from "../../../../lab/pulumi/versions.ts";
import { run } from "../../../../tools/exec.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "sophia-toolchain-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test("the CLI's Go module and the SDK have one version", () => {
  const module = readFileSync(join(checkout, "lab/pulumi/cli/go.mod"), "utf8");
  for (const part of ["pkg", "sdk"])
    expect(module).toContain(`github.com/pulumi/pulumi/${part}/v3 v${pulumiVersion}`);
});

test("the toolchain lies where the engine looks for downloads, and assembling again changes nothing", async () => {
  const home = join(folder(), "home");
  const cli = folder();
  writeFileSync(join(cli, "pulumi"), "#!/bin/sh\necho cli\n", { mode: 0o755 });
  const { binary } = await assembleToolchain(home, cli);
  const bin = join(home, "versions", pulumiVersion, "bin");
  expect(binary).toBe(join(bin, "pulumi"));
  expect(execFileSync(binary, { encoding: "utf8" })).toBe("cli\n");
  const plugin = join(home, `plugins/resource-random-v${pluginVersion("random")}/pulumi-resource-random`);
  expect(readFileSync(plugin, "utf8")).toContain("lab/pulumi/plugins/random/main.ts");
  const before = statSync(plugin);
  await assembleToolchain(home, cli);
  expect(statSync(plugin).ino).toBe(before.ino);
  expect(execFileSync(join(bin, "pulumi-language-nodejs"), ["--version"], { encoding: "utf8" })).toBe(
    `v${pulumiVersion}\n`,
  );
});

test("checkouts that share a cache have toolchains of their own, as have the two modes", () => {
  const homes = ["/one", "/two"].flatMap((of) => [
    pulumiHome("/cache", "stand-in", of),
    pulumiHome("/cache", "official", of),
  ]);
  expect(new Set(homes).size).toBe(4);
  expect(pulumiHome("/cache", "stand-in")).toBe(pulumiHome("/cache", "stand-in", checkout));
});

test("beside the official CLI, which is run itself, lies the stand-in that alone can speak with the lab's Snowflake", async () => {
  const home = join(folder(), "home");
  const cli = join(home, "versions", pulumiVersion, "bin", "pulumi");
  mkdirSync(dirname(cli), { recursive: true });
  writeFileSync(cli, "#!/bin/sh\n", { mode: 0o755 });
  expect(await officialToolchain(home)).toEqual({ mode: "official", home, binary: cli });
  const plugin = join(
    home,
    `plugins/resource-snowflake-v${pluginVersion("snowflake")}/pulumi-resource-snowflake`,
  );
  expect(readFileSync(plugin, "utf8")).toContain("lab/pulumi/plugins/snowflake/main.ts");
  expect(statSync(plugin).mode & 0o111).toBe(0o111);
});

test("official downloads are used only where their site answers in time, and the output says why not", async () => {
  let status = 200;
  const server = createServer((request, response) => {
    if (request.url === "/slow") return;
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const site = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const said: string[] = [];
  const choose = (url: string, seconds: number) => chooseMode((line) => said.push(line), url, seconds);
  expect(await choose(site, 5)).toBe("official");
  expect(said).toEqual([]);
  status = 403;
  expect(await choose(site, 5)).toBe("stand-in");
  expect(await choose(`${site}/slow`, 0.05)).toBe("stand-in");
  expect(await choose("http://127.0.0.1:1/", 5)).toBe("stand-in");
  expect(said).toEqual([
    expect.stringContaining(`${site} cannot be used: it answered 403`),
    expect.stringMatching(/slow cannot be used: .*(timeout|aborted)/),
    expect.stringMatching(/127\.0\.0\.1:1\/ cannot be used: .+/),
  ]);
});

test("the environment names the passphrase's file, never the passphrase, and keeps official mode free to download", () => {
  const stack = { state: "/state", passphraseFile: "/passphrase" };
  const standIn = pulumiEnvironment({ home: "/home", mode: "stand-in", binary: "/cli/pulumi" }, stack);
  expect(standIn).toMatchObject({
    PULUMI_HOME: "/home",
    PULUMI_BACKEND_URL: "file:///state?metadata=skip",
    PULUMI_CONFIG_PASSPHRASE_FILE: "/passphrase",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  });
  expect(standIn.PULUMI_CONFIG_PASSPHRASE).toBeUndefined();
  // The engine prefers a language host on the PATH to that beside the CLI.
  expect(standIn.PATH).toMatch(/^\/cli:/);
  expect(
    pulumiEnvironment({ home: "/home", mode: "official", binary: "/cli/pulumi" }, stack),
  ).not.toHaveProperty("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION");
});

test("what a user of Pulumi exports for other stacks does not reach the lab's CLI", async () => {
  const exported = { CONFIG_PASSPHRASE: "", ACCESS_TOKEN: "pul-0", STACK: "prod", OPTION_REFRESH: "true" };
  for (const [name, value] of Object.entries(exported)) vi.stubEnv(`PULUMI_${name}`, value);
  vi.stubEnv("PULUMI_BACKEND_URL", "https://elsewhere.invalid");
  onTestFinished(() => void vi.unstubAllEnvs());
  const tools: Toolchain = { home: "/home", mode: "stand-in", binary: "/cli/pulumi" };
  const env = pulumiEnvironment(tools, { state: "/state", passphraseFile: "/passphrase" });
  const { stdout } = await run("env", [], { env });
  const seen = stdout.split("\n").filter((line) => line.startsWith("PULUMI_"));
  expect(seen.sort()).toEqual([
    "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK=true",
    "PULUMI_BACKEND_URL=file:///state?metadata=skip",
    "PULUMI_CONFIG_PASSPHRASE_FILE=/passphrase",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
    "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS=true",
    "PULUMI_HOME=/home",
    "PULUMI_SKIP_UPDATE_CHECK=true",
  ]);
});

test("locks of dead processes and unreadable ones go, those of live ones and of other machines stay", async () => {
  const state = folder();
  const locks = join(state, ".pulumi/locks/organization/project/stack");
  mkdirSync(locks, { recursive: true });
  const child = spawn("true");
  await new Promise((resolve) => child.on("exit", resolve));
  const lock = (name: string, pid: number | undefined, host = hostname()) =>
    writeFileSync(join(locks, `${name}.json`), JSON.stringify({ pid, hostname: host, username: "root" }));
  lock("dead", child.pid);
  lock("live", process.pid);
  lock("elsewhere", child.pid, "another-host");
  writeFileSync(join(locks, "cut-short.json"), "");
  expect(await removeDeadLocks(state)).toEqual([child.pid]);
  expect(await removeDeadLocks(state)).toEqual([]);
  expect(await removeDeadLocks(join(state, "missing"))).toEqual([]);
  expect(readdirSync(locks).sort()).toEqual(["elsewhere.json", "live.json"]);
});

test("a CLI that a killed command left at work on a state is ended; a stranger with its number is not", async () => {
  const state = folder();
  const locks = join(state, ".pulumi/locks/organization/project/stack");
  mkdirSync(locks, { recursive: true });
  // As a command starts it.
  const env = pulumiEnvironment(
    { home: folder(), mode: "stand-in", binary: "none" },
    { state, passphraseFile: "none" },
  );
  const left = spawn("sleep", ["60"], { env: { ...process.env, ...env } });
  const stranger = spawn("sleep", ["60"]);
  onTestFinished(() => void stranger.kill());
  const ended = new Promise((resolve) => left.on("exit", (_, signal) => resolve(signal)));
  for (const [name, { pid }] of Object.entries({ left, stranger })) {
    writeFileSync(
      join(locks, `${name}.json`),
      JSON.stringify({ pid, hostname: hostname(), username: "root" }),
    );
  }
  await endLeftCli(state);
  expect(await ended).toBe("SIGTERM");
  expect(await removeDeadLocks(state)).toEqual([left.pid]);
  expect(stranger.exitCode).toBeNull();
  expect(stranger.signalCode).toBeNull();
});

test("what a killed CLI left half-written is removed, so that the stack can be read; whole files stay", async () => {
  const state = folder();
  const stacks = join(state, ".pulumi/stacks/project");
  mkdirSync(stacks, { recursive: true });
  const whole = { "one.json": "{}", "one.json.bak": "{}", "one.json.bak.attrs": '{"md5":""}' };
  const torn = { "one.json.attrs": "", "two.json.attrs": '{"md5":', "one.json.18ea1f3fb7ebd980.tmp": "{" };
  const write = () => {
    for (const [name, text] of Object.entries({ ...whole, ...torn })) writeFileSync(join(stacks, name), text);
  };
  write();
  await mendState(state);
  expect(readdirSync(stacks).sort()).toEqual(Object.keys(whole).sort());

  // A CLI at work is about to rename its draft.
  write();
  const locks = join(state, ".pulumi/locks/organization/project/stack");
  mkdirSync(locks, { recursive: true });
  writeFileSync(join(locks, "live.json"), JSON.stringify({ pid: process.pid, hostname: hostname() }));
  await mendState(state);
  expect(readdirSync(stacks)).toHaveLength(6);
  await mendState(join(state, "missing"));
});
