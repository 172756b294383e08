import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../components/core/wait.ts";
import { k3sSettings } from "../../components/settings/sections/k3s.ts";
import type { K3sSettings } from "../../k3s/config/config.ts";
import { hardenScript, perimeterScript } from "../../k3s/hardening/scripts.ts";
import { healthScript } from "../../k3s/health/scripts.ts";
import { configureScript, installScript } from "../../k3s/node/scripts.ts";
import { readHostKey } from "../../k3s/ssh/handshake.ts";
import { hasToolkit, keepsGpus } from "./bootstrap/gpus.ts";
import { health, healthIs } from "./bootstrap/health.ts";
import { leaves, uninstalls } from "./bootstrap/leaving.ts";
import { makeFleet, serveFiles, type TestFleet, type TestMachine } from "./bootstrap/machine.ts";
import {
  closesPorts,
  closesTunnels,
  isClosedOtherwise,
  opensOtherwise,
  reachesItself,
} from "./bootstrap/network.ts";
import { keepsItsName, owner, refusesForeign, refusesOthers } from "./bootstrap/owner.ts";
import { release, sha256 } from "./bootstrap/releases.ts";
import { makeKey, ssh } from "./bootstrap/ssh.ts";

const versions = { one: "v1.36.3+k3s1", two: "v1.36.4+k3s1" };
const files = new Map([
  ["/one", release(versions.one)],
  ["/two", release(versions.two)],
  ["/broken", release(versions.two, false)],
]);

let fleet: TestFleet;
let machine: TestMachine;
let web: Awaited<ReturnType<typeof serveFiles>>;

beforeAll(async () => {
  fleet = await makeFleet();
  machine = await fleet.boot({ name: "backend", roles: ["server", "ingress"], gpus: 1 });
  web = await serveFiles(fleet.gateway, files);
});
afterAll(async () => {
  web?.close();
  await fleet?.remove();
});

const settings = (file = "one", changes: Record<string, unknown> = {}): K3sSettings => {
  const text = files.get(`/${file}`) ?? "";
  return k3sSettings.parse({
    version: file === "one" ? versions.one : versions.two,
    release: {
      amd64: { url: `${web.url}/${file}`, sha256: sha256(text) },
      arm64: { url: `${web.url}/${file}`, sha256: sha256(text) },
    },
    nodeAddress: "private",
    flannelBackend: "host-gw",
    deadline: 60,
    ...changes,
  });
};
const spec = (changes: Record<string, unknown> = {}, labels: Record<string, string> = {}) => ({
  host: { ...machine.host, labels },
  settings: settings("one", changes),
  serverAddress: machine.host.privateAddress,
});
const tokens = { token: "short-token-of-a-test", agentToken: "short-agent-token" };
const ok = async (text: string) => {
  const result = await machine.run(text);
  expect(result, result.stderr).toMatchObject({ code: 0, stderr: "" });
  return result.stdout;
};
const unitStart = async () =>
  (await machine.root("systemctl show k3s -p ActiveEnterTimestampMonotonic")).stdout;

describe("a host", () => {
  const scripts = () => ({
    harden: hardenScript(machine.host, 0, owner),
    perimeter: perimeterScript(machine.host, [machine.host], settings(), { adminNetworks: ["0.0.0.0/0"] }),
    health: healthScript(machine.host),
  });

  test("H1 H2 is hardened, and a second time nothing changes", async () => {
    await machine.root("nft add table inet somebody_elses");
    await opensOtherwise(machine);
    await hasToolkit(machine);
    for (const [name, text] of Object.entries(scripts())) expect(await ok(text), name).toContain("changed ");
    for (const [name, text] of Object.entries(scripts())) {
      const out = await ok(text);
      expect(out, name).toContain("nothing to change");
      expect(out, name).not.toContain("changed ");
    }
    expect((await machine.root("nft list tables")).stdout).toContain("somebody_elses");
    expect((await machine.root("systemctl --failed --no-legend")).stdout).toBe("");
    await isClosedOtherwise(machine);
    await keepsGpus(machine);
  });

  test("H2 the health service may open the GPUs' devices", async () => {
    const shown = await machine.root("systemctl show sophia-health -p DevicePolicy -p DeviceAllow");
    expect(shown.stdout.trim().split("\n")).toEqual(["DevicePolicy=auto"]);
  });

  test("H1 lets nobody in by password, nobody as root, nobody with another key", async () => {
    const { address } = machine.host;
    const { privateKey } = machine.key;
    await machine.root("echo 'ubuntu:a-good-password' | chpasswd; cp -r /home/ubuntu/.ssh /root/.ssh");
    await expect(ssh({ address, privateKey }, "id -un")).resolves.toMatchObject({ stdout: "ubuntu\n" });
    const refused = /authentication methods failed/i;
    await expect(ssh({ address, password: "a-good-password" }, "id")).rejects.toThrow(refused);
    await expect(ssh({ address, user: "root", privateKey }, "id")).rejects.toThrow(refused);
    await expect(ssh({ address, privateKey: makeKey().privateKey }, "id")).rejects.toThrow(refused);
    const kinds = await readHostKey({ address, port: 22 }, 30_000);
    expect(kinds).toMatch(/^ecdsa-sha2-nistp256 AAAA/);
  });

  test("L4 closes every port that was not asked for, and stays closed after a reboot of its rules", () =>
    closesPorts(machine));

  test("K2 reaches itself at a public address that only its gateway has, and leaves a network's alone", () =>
    reachesItself(machine, scripts().perimeter, (changes) => settings("one", changes)));

  test("S2 a tunnel's user is let in, and no more once the tunnel is closed", () => closesTunnels(machine));
});

describe("K3s", () => {
  test("K1 a cluster that somebody else made on the host is not taken over", () =>
    refusesForeign(machine, settings()));

  test("K1 is not installed when its checksum or its version is another one", async () => {
    const good = settings();
    const wrongSum = {
      ...good,
      release: { amd64: { url: `${web.url}/two`, sha256: good.release.amd64.sha256 } },
    };
    const mismatch = await machine.run(installScript("server", wrongSum, owner));
    expect(mismatch.code).toBe(1);
    expect(mismatch.stderr).toContain(
      `checksum mismatch: ${web.url}/two has SHA-256 ${sha256(files.get("/two") ?? "")}`,
    );
    const misnamed = await machine.run(installScript("server", { ...good, version: "v1.30.0+k3s1" }, owner));
    expect(misnamed.stderr).toContain(
      `k3s.version is v1.30.0+k3s1, but the file at ${web.url}/one says: k3s version v1.36.3+k3s1`,
    );
    const missing = await machine.run(
      installScript(
        "server",
        {
          ...good,
          release: { amd64: { url: `${web.url}/nothing`, sha256: "b".repeat(64) } },
        },
        owner,
      ),
    );
    expect(missing.stderr).toContain(`cannot download K3s from ${web.url}/nothing`);
    expect((await machine.root("ls /usr/local/bin/k3s /etc/systemd/system/k3s.service")).code).not.toBe(0);
  });

  test("K1 is installed once, and starts when it is configured", async () => {
    expect(await ok(installScript("server", settings(), owner))).toContain(
      "/usr/local/bin/k3s: K3s v1.36.3+k3s1",
    );
    expect((await machine.root("systemctl is-active k3s")).stdout).toBe("inactive\n");
    expect(await ok(installScript("server", settings(), owner))).toBe("nothing to change\n");
    expect(await ok(configureScript(spec(), tokens))).toContain("k3s: running with its configuration");
    expect(await ok(configureScript(spec(), tokens))).toBe("nothing to change\n");
    expect((await machine.root("stat -c '%a %U' /etc/rancher/k3s/config.yaml")).stdout).toBe("600 root\n");
  });

  test("K1 L3 a node of another stack is not taken over, an installation that was not recorded is", async () => {
    await refusesOthers(machine, settings());
    await ok(configureScript(spec(), tokens));
  });

  test("K1 the server of a cluster keeps its node's name, to which its volumes are tied", () =>
    keepsItsName(machine, spec(), tokens));

  test("S1 tokens are in the file and nowhere to be seen from outside", async () => {
    expect((await machine.root("grep -c short-token-of-a-test /etc/rancher/k3s/config.yaml")).stdout).toBe(
      "1\n",
    );
    expect((await machine.root("journalctl --no-pager | grep -c short-token-of-a-test")).stdout).toBe("0\n");
  });

  test("K1 a label is no reason for a restart, a setting is", async () => {
    const before = await unitStart();
    expect(await ok(configureScript(spec({}, { a: "b" }), tokens))).toContain(
      "changed /etc/rancher/k3s/config.yaml",
    );
    expect(await unitStart()).toBe(before);
    const changed = spec({ extraConfig: { "kubelet-arg+": ["max-pods=50"] } });
    expect(await ok(configureScript(changed, tokens))).toContain("running with its configuration");
    expect(await unitStart()).not.toBe(before);
  });

  test("K1 a configuration that K3s refuses is taken back, and the error says what K3s said", async () => {
    const before = (await machine.root("cat /etc/rancher/k3s/config.yaml")).stdout;
    const refused = await machine.run(configureScript(spec({ extraConfig: { "refuse-me": true } }), tokens));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("msg=refused");
    expect(refused.stderr).not.toContain("planted");
    expect(refused.stderr).toContain("the previous one was restored");
    expect((await machine.root("cat /etc/rancher/k3s/config.yaml")).stdout).toBe(before);
    expect((await machine.root("systemctl is-active k3s")).stdout).toBe("active\n");
  });

  test("K1 a version that does not start is taken back, one that does is an upgrade", async () => {
    const broken = await machine.run(installScript("server", settings("broken"), owner));
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain("the previous version was restored");
    expect((await machine.root("k3s --version")).stdout).toContain(versions.one);
    expect((await machine.root("systemctl is-active k3s")).stdout).toBe("active\n");
    const before = await unitStart();
    expect(await ok(installScript("server", settings("two"), owner))).toContain(versions.two);
    expect((await machine.root("k3s --version")).stdout).toContain(versions.two);
    expect(await unitStart()).not.toBe(before);
  });

  test("K1 an agent is not put on top of a server", async () => {
    const { code, stderr } = await machine.run(installScript("agent", settings("two"), owner));
    expect(code).toBe(1);
    expect(stderr).toContain("already runs K3s as k3s and should be k3s-agent");
  });

  test("H2 health is 200 when all is well and says what is not", async () => {
    expect((await healthIs(machine, 200)).body.checks).toMatchObject({
      k3s: { ok: true },
      gpu: { ok: true },
      disk: { ok: true },
    });
    await machine.root("systemctl stop k3s");
    expect((await healthIs(machine, 503)).body.checks).toMatchObject({
      k3s: { ok: false, state: "inactive" },
      gpu: { ok: true },
    });
    await machine.root("systemctl start k3s; mv /usr/local/bin/nvidia-smi /usr/local/bin/nvidia-smi.gone");
    await waitFor({ what: "the GPU to be missed", deadline: 180, interval: 1 }, async () => {
      const { body } = await health(machine);
      return body.checks.gpu?.ok === false && body.checks.k3s?.ok === true
        ? true
        : { notYet: JSON.stringify(body) };
    });
  });

  test("L3 K4 a host that leaves its stack stops K3s with its containers, and keeps its data", () =>
    leaves(machine, settings("two")));

  test("K3s is gone without a trace when it is uninstalled", () => uninstalls(machine));
});
