import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { hardenScript, perimeterScript } from "../../../k3s/hardening/scripts.ts";
import { healthScript } from "../../../k3s/health/scripts.ts";
import { leaveScript } from "../../../k3s/leaving/script.ts";
import {
  configureScript,
  drainScript,
  identityScript,
  installScript,
  joinScript,
  kubeconfigScript,
  retireScript,
} from "../../../k3s/node/scripts.ts";
import { commandLine } from "../../../k3s/ssh/commandLine.ts";
import { listScript, makeScript } from "../../../k3s/volumes/scripts.ts";
import { host, mcpHost, settings } from "./fixtures.ts";

const spec = {
  host: host({ taints: ["a=b:NoSchedule"] }),
  settings: settings(),
  serverAddress: "203.0.113.10",
};
const owner = "sophia-infra/test";
const secrets = { token: "short-secret-token", agentToken: "short-agent-token" };
const scripts: Record<string, string> = {
  harden: hardenScript(host(), 0, owner),
  perimeter: perimeterScript(host(), [host(), mcpHost()], settings(), { adminNetworks: ["0.0.0.0/0"] }),
  health: healthScript(mcpHost()),
  "install server": installScript("server", settings(), owner),
  "install agent": installScript("agent", settings(), owner),
  "configure server": configureScript(spec, secrets),
  "configure agent": configureScript({ ...spec, host: mcpHost() }, { token: "K10full" }),
  join: joinScript(spec),
  drain: drainScript("mcp-node", 120),
  retire: retireScript("gpu", "mcp-node"),
  leave: leaveScript({ name: "gpu", owner }),
  volumes: listScript(60),
  folders: makeScript("mcp", ["/var/lib/rancher/k3s/storage/a", "/var/lib/rancher/k3s/storage/b"]),
  identity: identityScript(60),
  kubeconfig: kubeconfigScript(60),
};
const hasShellcheck = spawnSync("shellcheck", ["--version"]).status === 0;

describe.each(Object.entries(scripts))("%s", (_name, text) => {
  test("is valid bash", () => {
    const { status, stderr } = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  // SC2317, SC2329: the prelude has functions that not every script calls. SC2016: quoted texts hold dollar signs.
  test.skipIf(!hasShellcheck)("passes shellcheck (skipped where it is not installed)", () => {
    const args = ["--shell=bash", "--severity=warning", "--exclude=SC2317,SC2329,SC2034,SC2016", "-"];
    expect(spawnSync("shellcheck", args, { input: text, encoding: "utf8" }).stdout).toBe("");
  });
});

test("K1 the unit is K3s's own: it tells when it is ready, and pods outlive its restart", () => {
  const text = installScript("agent", settings(), owner);
  expect(text).toContain("ExecStart=/usr/local/bin/k3s agent");
  expect(text).toMatch(/Type=notify\n/);
  expect(text).toMatch(/KillMode=process\n/);
  expect(text).not.toContain("@KIND@");
  expect(text).not.toContain("@UNIT@");
  expect(text).not.toContain("@STOP@");
});

test("S1 tokens are in the text that goes through standard input, never in the command line", () => {
  expect(scripts["configure server"]).toContain("short-secret-token");
  const line = commandLine("configure backend", 60);
  expect(line).toBe("exec sudo -n -- timeout --kill-after=15 60 bash -s -- 'configure backend'");
});

test("W4 another password of the registry is followed by the wait for each node, and is not readable there", () => {
  const login = { server: "ghcr.io", username: "reader", password: "pull-password" };
  expect(configureScript(spec, secrets, login)).toContain("pull-password");
  const text = joinScript(spec, login);
  expect(text).not.toBe(joinScript(spec));
  expect(text).not.toBe(joinScript(spec, { ...login, password: "another" }));
  expect(text).not.toContain("pull-password");
});

test("an agent gets no short token and nothing of the server's", () => {
  expect(scripts["configure agent"]).not.toContain("agent-token");
  expect(scripts["configure agent"]).toContain("ADMISSION=''");
});

test("K1 a K3s of somebody else is refused by the first script, before anything is changed, and by the installation", () => {
  for (const name of ["harden", "install server", "install agent"]) {
    const text = scripts[name] ?? "";
    const body = text.slice(text.indexOf("main() {"));
    expect(body, name).toMatch(/^refuse_foreign_k3s$/m);
    expect(body.search(/^refuse_foreign_k3s$/m), name).toBeLessThan(body.search(/^need_packages /m));
  }
});
