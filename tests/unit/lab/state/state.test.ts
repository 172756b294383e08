import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { labOf } from "../../../../lab/lab.ts";
import { labStackConfig } from "../../../../lab/stack/stackConfig.ts";
import { claimNetwork, networkOf, releaseNetwork } from "../../../../lab/state/claim.ts";
import { withLock } from "../../../../lab/state/lock.ts";
import { fromFile, identify, startDaemon, stopDaemon } from "../../../../lab/state/process.ts";
import { serverVariable, stopServer } from "../../../../lab/state/servers.ts";
import { run } from "../../../../tools/exec.ts";
import { repository } from "../../../../tools/repository.ts";

const folder = () => mkdtempSync(join(tmpdir(), "lab-"));

test("a lab is named by the environment, and a bad name is refused", () => {
  const lab = labOf({ LAB: "two", LAB_ROOT: "/labs" });
  expect(lab).toMatchObject({ name: "two", folder: "/labs/two", cache: "/labs/cache" });
  expect(() => labOf({ LAB: "../up" })).toThrow("cannot name a lab");
});

test("folders that the environment names by relative paths are those of the folder it was run in", () => {
  const lab = labOf({ LAB: "two", LAB_ROOT: "labs", LAB_CONFIG: "own.yaml" });
  const here = process.cwd();
  expect([lab.folder, lab.cache, lab.configFile]).toEqual(
    ["labs/two", "labs/cache", "own.yaml"].map((path) => join(here, path)),
  );
  expect(labOf({ LAB_CACHE: "../cache" }).cache).toBe(join(here, "../cache"));
});

test("each lab has a loopback network of its own, keeps it, and gives it back", async () => {
  const [one, two] = [labOf({ LAB: "one", LAB_ROOT: folder() }), labOf({ LAB: "one", LAB_ROOT: folder() })];
  const first = await claimNetwork(one);
  const second = await claimNetwork(two);
  expect(first).toMatch(/^127\.20\.\d+$/);
  expect(second).not.toBe(first);
  expect(await claimNetwork(one)).toBe(first);
  await releaseNetwork(one);
  rmSync(two.folder, { recursive: true });
  const three = labOf({ LAB: "three", LAB_ROOT: folder() });
  expect([first, second]).toContain(await claimNetwork(three));
  await releaseNetwork(three);
});

test("a claim that was lost is made again, and a network that others use is not free", async () => {
  const [one, two] = [labOf({ LAB: "one", LAB_ROOT: folder() }), labOf({ LAB: "two", LAB_ROOT: folder() })];
  onTestFinished(async () => {
    for (const lab of [one, two]) await releaseNetwork(lab);
  });
  // Away from the first networks, which other tests take meanwhile.
  const [used, own] = ["127.20.201", "127.20.202"];
  const others = Array.from({ length: 201 }, (_, index) => `127.20.${index + 1}.11`);
  expect(await claimNetwork(one, others)).toBe(own);
  // As `systemd-tmpfiles` does, or a restart.
  rmSync("/tmp/sophia-labs/202");
  expect(await networkOf(one)).toBeUndefined();
  expect(await claimNetwork(one)).toBe(own);
  rmSync("/tmp/sophia-labs/202");
  expect(await claimNetwork(two, [...others.filter((each) => !each.startsWith(used)), `${own}.12`])).toBe(
    used,
  );
});

test.skipIf(process.getuid?.() !== 0)(
  "a second user of the machine gets a network, too (Linux and root only)",
  async () => {
    const first = labOf({ LAB: "first", LAB_ROOT: folder() });
    const network = await claimNetwork(first);
    const root = folder();
    const nobody = 65534;
    chownSync(root, nobody, nobody);
    const claim = pathToFileURL(join(repository, "lab/state/claim.ts")).href;
    const code = `import { claimNetwork, releaseNetwork } from ${JSON.stringify(claim)};
      const lab = { name: "second", folder: ${JSON.stringify(join(root, "second"))} };
      console.log(await claimNetwork(lab));
      await releaseNetwork(lab);`;
    const args = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath];
    const { stdout } = await run("setpriv", [...args, "--input-type=module", "-e", code]);
    expect(stdout).toMatch(/^127\.20\.\d+\n$/);
    expect(stdout.trim()).not.toBe(network);
    await releaseNetwork(first);
  },
);

test.each(["", '{"pid":', "[]", '{"pid": "many"}'])(
  "a lock or a process file that says %j, as a full disk leaves it, is in nobody's way",
  async (text) => {
    const home = folder();
    const file = join(home, "lock.json");
    writeFileSync(file, text);
    expect(await withLock(file, "down", async () => "in")).toBe("in");
    const pidFile = join(home, "pid.json");
    writeFileSync(pidFile, text);
    expect(await fromFile(pidFile)).toBeUndefined();
    await stopDaemon(pidFile);
    expect(existsSync(pidFile)).toBe(false);
  },
);

test("a process that cannot be written down does not run on unknown", async () => {
  const home = folder();
  const mark = join(home, "pid-of-child");
  writeFileSync(join(home, "file"), "");
  const code = `require("fs").writeFileSync(${JSON.stringify(mark)}, String(process.pid)); setInterval(() => {}, 1000)`;
  const options = { pidFile: join(home, "file", "pid"), logFile: join(home, "log") };
  await expect(startDaemon(process.execPath, ["-e", code], options)).rejects.toThrow(/ENOTDIR|EEXIST/);
  const ps = spawn("ps", ["-eo", "args"]);
  let listed = "";
  ps.stdout.on("data", (chunk) => {
    listed += chunk;
  });
  await new Promise((resolve) => ps.on("close", resolve));
  expect(listed).not.toContain(mark);
});

test("a daemon outlives the call, is known by its file, and ends when told, even if it will not", async () => {
  const home = folder();
  const options = { pidFile: join(home, "pid"), logFile: join(home, "log") };
  const stubborn =
    "process.on('SIGTERM', () => console.log('no')); console.log('up'); setInterval(() => {}, 1000)";
  const id = await startDaemon(process.execPath, ["-e", stubborn], options);
  expect(await fromFile(options.pidFile)).toEqual(id);
  await expect.poll(() => readFileSync(options.logFile, "utf8")).toContain("up");
  await stopDaemon(options.pidFile, 0.5);
  expect(await identify(id.pid)).toBeUndefined();
  expect(existsSync(options.pidFile)).toBe(false);
});

test("a server whose process file was lost is ended by what marks it, and no other one is", async () => {
  const home = folder();
  const mine = spawn("sleep", ["60"], { env: { ...process.env, [serverVariable]: join(home, "cloud") } });
  const other = spawn("sleep", ["60"], { env: { ...process.env, [serverVariable]: join(home, "cloud-2") } });
  try {
    const ended = new Promise((resolve) => mine.on("exit", (_, signal) => resolve(signal)));
    await stopServer(join(home, "cloud"));
    expect(await ended).toBe("SIGTERM");
    expect([other.exitCode, other.signalCode]).toEqual([null, null]);
  } finally {
    mine.kill();
    other.kill();
  }
});

test("a later process with the same number is not taken for ours", async () => {
  const file = join(folder(), "pid");
  const other = spawn("sleep", ["30"]);
  try {
    writeFileSync(file, JSON.stringify({ pid: other.pid, started: "1" }));
    expect(await fromFile(file)).toBeUndefined();
    await stopDaemon(file);
    expect(other.exitCode).toBeNull();
  } finally {
    other.kill();
  }
});

test("the lab adds its facts to what people wrote, and people's words win", () => {
  const facts = {
    lambdaApiUrl: "http://10.0.0.1:7600/api/v1",
    speed: 30,
    sshPublicKey: "ssh-ed25519 AAAA",
    k3sRelease: { url: "http://10.0.0.1:7601/k3s", sha256: "a".repeat(64) },
    mirrors: { "docker.io": ["http://10.0.0.1:5000"] },
    mcpImage: "example.org/mcp:1@sha256:0",
    monitoringImage: "example.org/monitoring:1@sha256:0",
    exporterImage: "example.org/dcgm-exporter:1@sha256:0",
    pipelineImage: "pipeline:1@sha256:0",
    saasUrl: "http://172.31.0.1:7602",
    snowflakeUrl: "http://172.31.0.1:7603",
    operatorManifest: "/cache/cnpg.yaml",
    devicePluginChart: "/cache/chart",
  };
  const written = [
    "config:",
    "  sophia-infra:lambda: { regions: [us-west-1], pollInterval: 3, sshKey: { name: mine } }",
    "  sophia-infra:k3s: { flannelBackend: vxlan }",
    "  sophia-infra:storageClass: fast",
  ].join("\n");
  expect(labStackConfig(written, facts)).toMatchObject({
    "sophia-infra:storageClass": "fast",
    "sophia-infra:lambda": {
      apiUrl: facts.lambdaApiUrl,
      regions: ["us-west-1"],
      pollInterval: 3,
      requestsPerSecond: 30,
      sshKey: { name: "mine", publicKey: "ssh-ed25519 AAAA" },
    },
    "sophia-infra:k3s": {
      flannelBackend: "vxlan",
      release: { amd64: facts.k3sRelease },
      mirrors: facts.mirrors,
    },
  });
  const arm = labStackConfig(written, { ...facts, processor: "arm64" });
  expect(arm["sophia-infra:k3s"]).toMatchObject({ release: { arm64: facts.k3sRelease } });
});
