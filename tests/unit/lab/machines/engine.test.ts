import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { decideEngine, type EngineFacts } from "../../../../tools/docker/engine/decide.ts";
import { installPackages } from "../../../../tools/docker/engine/engine.ts";
import { engineMounts, filterLeftovers } from "../../../../tools/docker/engine/leftovers.ts";
import { labsInEngine } from "../../../../tools/docker/engine/stop.ts";
import { run } from "../../../../tools/exec.ts";
import { repository } from "../../../../tools/repository.ts";

const debian: EngineFacts = {
  refusal:
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
  platform: "linux",
  root: true,
  apt: true,
  systemd: false,
  installed: { cli: true, daemon: true },
};

describe("which engine", () => {
  test("one that answers is used, whoever started it", () => {
    expect(decideEngine({ ...debian, version: "20.10.24", root: false })).toEqual({ do: "use" });
  });
  test("root installs Docker where apt can", () => {
    expect(decideEngine({ ...debian, installed: { cli: false, daemon: false } })).toEqual({ do: "install" });
    expect(decideEngine({ ...debian, installed: { cli: true, daemon: false } })).toEqual({ do: "install" });
  });
  test("root starts what is installed, through systemd where it runs", () => {
    expect(decideEngine(debian)).toEqual({ do: "start", by: "hand" });
    expect(decideEngine({ ...debian, systemd: true })).toEqual({ do: "start", by: "systemd" });
  });
});

describe("what is missing is said in one sentence, with the command that fixes it", () => {
  const cases: [string, Partial<EngineFacts>, RegExp, string][] = [
    [
      "a user, no Docker",
      { root: false, installed: { cli: false, daemon: false } },
      /not installed, and only root/,
      "sudo apt-get install docker.io",
    ],
    [
      "a user, Docker stopped",
      { root: false, systemd: true },
      /not running .*only root/,
      "sudo systemctl start docker",
    ],
    [
      "a user outside of the group",
      { root: false, refusal: "permission denied while trying to connect" },
      /may not talk/,
      'sudo usermod -aG docker "$USER", then log in again',
    ],
    [
      "a named engine that is gone",
      { dockerHost: "tcp://192.0.2.9:2375" },
      /no Docker engine answers at DOCKER_HOST=tcp:\/\/192\.0\.2\.9:2375 \(Cannot connect/,
      "start that engine, or: unset DOCKER_HOST",
    ],
    [
      "a Mac without Docker",
      { platform: "darwin", root: false, apt: false, installed: { cli: false, daemon: false } },
      /not installed/,
      "brew install --cask docker && open -a Docker",
    ],
    [
      "a Mac with Docker stopped",
      { platform: "darwin", root: false, apt: false, installed: { cli: true, daemon: false } },
      /installed but not running/,
      "open -a Docker",
    ],
    [
      "root without apt",
      { apt: false, installed: { cli: false, daemon: false } },
      /no apt-get/,
      "install Docker Engine from your distribution",
    ],
    ["another system", { platform: "win32", root: false }, /this is win32/, "run it on Linux or macOS"],
  ];
  test.each(cases)("%s", (_name, facts, reason, fix) => {
    const action = decideEngine({ ...debian, ...facts });
    if (action.do !== "refuse") throw new Error(`decided to ${action.do}`);
    expect(action.reason).toMatch(reason);
    expect(action.reason).not.toContain("\n");
    expect(action.fix).toBe(fix);
  });
});

describe("what a stopped engine leaves", () => {
  const saved = [
    "*filter",
    ":FORWARD DROP [0:0]",
    ":DOCKER - [0:0]",
    ":DOCKER-USER - [0:0]",
    "-A INPUT -i lo -j ACCEPT",
    "-A FORWARD -j DOCKER-USER",
    "-A FORWARD -o docker0 -j DOCKER",
    "-A FORWARD -i wg0 -j ACCEPT",
    "-A DOCKER-USER -j RETURN",
    "COMMIT",
    "*nat",
    ":DOCKER - [0:0]",
    "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
    "COMMIT",
  ].join("\n");

  test("its rules, policy and chains go, other people's rules stay", () => {
    const commands = filterLeftovers(saved, "ACCEPT").map((command) => command.join(" "));
    expect(commands).toEqual([
      "-t filter -P FORWARD ACCEPT",
      "-t filter -D FORWARD -j DOCKER-USER",
      "-t filter -D FORWARD -o docker0 -j DOCKER",
      "-t nat -D PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
      "-t nat -D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
      "-t filter -F DOCKER",
      "-t filter -F DOCKER-USER",
      "-t nat -F DOCKER",
      "-t filter -X DOCKER",
      "-t filter -X DOCKER-USER",
      "-t nat -X DOCKER",
    ]);
  });
  test("a policy that was DROP before stays so", () => {
    expect(filterLeftovers(":FORWARD DROP [0:0]", "DROP")).toEqual([]);
  });
  test("its mounts are found, deepest first, and no others", () => {
    const mounts = [
      "/dev/vda / ext4 rw 0 0",
      "overlay /var/lib/docker/overlay2/a/merged overlay rw 0 0",
      "shm /var/lib/docker/containers/a/mounts/shm tmpfs rw 0 0",
      "nsfs /run/docker/netns/abc nsfs rw 0 0",
      "tmpfs /var/lib/dockerish tmpfs rw 0 0",
    ].join("\n");
    expect(engineMounts(mounts)).toEqual([
      "/var/lib/docker/containers/a/mounts/shm",
      "/var/lib/docker/overlay2/a/merged",
      "/run/docker/netns/abc",
    ]);
  });
});

test("labs that only their containers tell of keep the engine and the limits", async () => {
  const folder = mkdtempSync(join(tmpdir(), "docker-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const listed = "/home/one/lab\\n/home/one/lab\\n/home/two/lab\\n";
  const script = `#!/bin/sh\necho "$*" >${folder}/asked\nprintf '${listed}'\n`;
  writeFileSync(join(folder, "docker"), script, { mode: 0o755 });
  vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await labsInEngine()).toEqual(["/home/one/lab", "/home/two/lab"]);
  expect(readFileSync(join(folder, "asked"), "utf8")).toMatch(
    /^ps --all --filter label=ai\.sophia\.lab\.folder /,
  );
});

test.skipIf(process.getuid?.() !== 0)(
  "another user's lab, whose folder this user may not see, still needs the engine (Linux and root only)",
  async () => {
    const home = mkdtempSync(join(tmpdir(), "home-"));
    onTestFinished(() => rmSync(home, { recursive: true }));
    mkdirSync(join(home, "lab"));
    const record = join(repository, "tools/docker/engine/record.ts");
    const code = `import { isThere } from ${JSON.stringify(record)};
      for (const name of ["lab", "none"]) console.log(await isThere(process.argv[1] + "/" + name));`;
    const asked = ["--input-type=module", "-e", code, home];
    const user = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, ...asked];
    expect((await run(process.execPath, asked)).stdout).toBe("true\nfalse\n");
    expect((await run("setpriv", user)).stdout).toBe("true\ntrue\n");
  },
);

test("a daemon that a package starts gets no temporary folder of whoever installs it, and no mark of a test run", async () => {
  const folder = mkdtempSync(join(tmpdir(), "packages-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const seen = join(folder, "seen");
  writeFileSync(join(folder, "apt-get"), `#!/bin/sh\necho "$DEBIAN_FRONTEND \${TMPDIR-none}" > ${seen}\n`, {
    mode: 0o755,
  });
  vi.stubEnv("TMPDIR", folder);
  vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
  onTestFinished(() => void vi.unstubAllEnvs());
  await installPackages(["docker.io"], () => undefined);
  expect(readFileSync(seen, "utf8")).toBe("noninteractive none\n");
});
