import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { publicPeerPorts } from "../../../k3s/config/ports.ts";
import { fail2banJail, rebootTime, sshdConfig, unattendedUpgrades } from "../../../k3s/hardening/files.ts";
import { firewallRules } from "../../../k3s/hardening/firewall.ts";
import { perimeterScript, publicAddressUnit } from "../../../k3s/hardening/scripts.ts";
import {
  kernelSysctls,
  kubeletSysctls,
  networkSysctls,
  optionalSysctls,
} from "../../../k3s/hardening/sysctl.ts";
import { host, mcpHost, settings } from "./fixtures.ts";

test("H1 sshd takes keys only, of one user, and that user is a user name", () => {
  const text = sshdConfig("ubuntu");
  for (const line of ["PermitRootLogin no", "PasswordAuthentication no", "AllowUsers ubuntu"]) {
    expect(text.split("\n")).toContain(line);
  }
  expect(() => sshdConfig("ubuntu\nPermitRootLogin yes")).toThrow("not a user name");
});

describe("firewall", () => {
  const rules = (changes: Partial<Parameters<typeof firewallRules>[0]> = {}) =>
    firewallRules({
      sshPort: 22,
      nodes: ["203.0.113.10", "10.0.0.10", ""],
      adminNetworks: ["198.51.100.0/24"],
      settings: settings(),
      ...changes,
    });

  test("H1 only its own table is replaced", () => {
    expect(rules()).not.toContain("flush ruleset");
    expect(rules()).toMatch(
      /^table inet sophia_host\ndelete table inet sophia_host\ntable inet sophia_host \{/,
    );
  });

  test("L4 the world reaches 80 and 443, admins SSH, API and health, nodes each other's K3s", () => {
    const text = rules();
    expect(text).toContain("    tcp dport { 80, 443 } accept");
    expect(text).toContain("ip saddr @admins tcp dport { 22, 6443, 8080 } accept");
    expect(text).toContain("ip saddr @nodes tcp dport { 6443, 10250 } accept");
    expect(text).toContain("ip saddr @nodes udp dport { 51820 } accept");
    expect(text).toContain("elements = { 10.0.0.10, 203.0.113.10 }");
    expect(text).toMatch(/counter drop\n {2}\}\n\}\n$/);
  });

  test("pods' own addresses are believed only where there is no tunnel", () => {
    expect(rules()).not.toContain("ip saddr 10.42.0.0/16");
    const open = rules({ settings: settings({ nodeAddress: "private", flannelBackend: "host-gw" }) });
    expect(open).toContain("ip saddr 10.42.0.0/16 goto pods");
    expect(open).not.toContain("udp dport 51820");
    const vxlan = rules({ settings: settings({ nodeAddress: "private", flannelBackend: "vxlan" }) });
    expect(vxlan).toContain("ip saddr @nodes udp dport { 8472 } accept");
  });

  test("L4 who comes for a tunnel reaches SSH and nothing else", () => {
    const text = rules({ sshNetworks: ["192.0.2.7/32"] });
    expect(text).toContain(
      "set ssh_networks { type ipv4_addr; flags interval; auto-merge; elements = { 192.0.2.7/32 } }",
    );
    expect(text).toContain("ip saddr @ssh_networks tcp dport 22 accept");
    expect(rules()).not.toContain("@ssh_networks");
  });

  test("admins everywhere need no set, which old nft could not hold", () => {
    const text = rules({ adminNetworks: ["0.0.0.0/0", "198.51.100.0/24"] });
    expect(text).not.toContain("@admins");
    expect(text).toContain("meta nfproto ipv4 tcp dport { 22, 6443, 8080 } accept");
  });
});

test("L4 a firewall before the hosts opens what public nodes need, and nothing where they meet in private", () => {
  const opened = publicPeerPorts(settings()).map(({ protocol, ports }) => `${protocol} ${ports[0]}`);
  expect(opened).toEqual(["tcp 6443", "tcp 10250", "udp 51820"]);
  expect(publicPeerPorts(settings({ nodeAddress: "private", flannelBackend: "host-gw" }))).toEqual([]);
});

test("K2 a host has its public address itself where others know it by that, and its network's stays", () => {
  const unit = publicAddressUnit(host(), settings());
  expect(unit).toContain("Before=k3s.service k3s-agent.service");
  expect(unit).toContain("ip addr add 203.0.113.10/32 dev lo");
  expect(perimeterScript(host(), [host()], settings(), { adminNetworks: [] })).toContain("203.0.113.10/32");
  const meetInPrivate = settings({ nodeAddress: "private", flannelBackend: "host-gw" });
  expect(publicAddressUnit(host(), meetInPrivate)).toBe("");
  expect(() => publicAddressUnit(host({ address: "$(reboot)" }), settings())).toThrow(
    'host backend has no IPv4 address, but "$(reboot)"',
  );
});

describe("fail2ban", () => {
  test("H1 never bans the other nodes", () => {
    const text = perimeterScript(host(), [host(), mcpHost()], settings(), {
      adminNetworks: ["198.51.100.0/24"],
    });
    const ignored = /ignoreip = (.*)/.exec(text)?.[1]?.split(" ");
    expect(ignored).toEqual(
      expect.arrayContaining(["203.0.113.11", "10.0.0.11", "10.42.0.0/16", "198.51.100.0/24"]),
    );
  });

  test("admins everywhere do not switch it off", () => {
    expect(perimeterScript(host(), [host()], settings(), { adminNetworks: ["0.0.0.0/0"] })).not.toMatch(
      /ignoreip = .*0\.0\.0\.0\/0/,
    );
    expect(fail2banJail([])).toContain("ignoreip = 127.0.0.0/8 ::1\n");
  });
});

test("H1 no two hosts of a fleet reboot for updates at the same time", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 47 }), { minLength: 2, maxLength: 10 }), (hosts) => {
      expect(new Set(hosts.map(rebootTime)).size).toBe(hosts.length);
    }),
  );
  expect(rebootTime(0)).toBe("03:00");
  expect(unattendedUpgrades("03:30")).toContain('Automatic-Reboot-Time "03:30"');
});

test("H1 updates never touch the GPU driver", () => {
  const blocked = /Package-Blacklist \{([^}]*)\}/.exec(unattendedUpgrades("03:00"))?.[1];
  for (const name of ["nvidia-", "libnvidia-", "cuda-", "linux-image"])
    expect(blocked).toContain(`"${name}"`);
});

test("kernel settings are separated by namespaced and host-wide ones", () => {
  expect(Object.keys(networkSysctls).every((key) => key.startsWith("net."))).toBe(true);
  expect(Object.keys({ ...kubeletSysctls, ...kernelSysctls }).some((key) => key.startsWith("net."))).toBe(
    false,
  );
  expect(networkSysctls["net.ipv4.ip_forward"]).toBe("1");
  const all = { ...kubeletSysctls, ...networkSysctls, ...kernelSysctls };
  expect([...optionalSysctls].every((key) => key in all)).toBe(true);
});
