import { connect } from "node:net";
import { expect } from "vitest";
import { messageOf } from "../../../components/core/errors.ts";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import type { K3sSettings } from "../../../k3s/config/config.ts";
import { perimeterScript } from "../../../k3s/hardening/scripts.ts";
import { closeScript, tunnelScript } from "../../../k3s/tunnel/script.ts";
import type { TestMachine } from "./machine.ts";
import { makeKey, ssh } from "./ssh.ts";

async function must(machine: TestMachine, text: string): Promise<string> {
  const result = await machine.run(text);
  expect(result, result.stderr).toMatchObject({ code: 0, stderr: "" });
  return result.stdout;
}

/** Whether a TCP connection to the host's private address comes about. */
const reachable = ({ host }: TestMachine, port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host: host.privateAddress, port, timeout: 2000 });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket
      .on("connect", () => answer(true))
      .on("error", () => answer(false))
      .on("timeout", () => answer(false));
  });

/** Whether a process behind the bridge of pods has a connection to its host's own address. */
async function fromPod({ host, root }: TestMachine, port: number): Promise<string> {
  const { stdout } = await root(`
    set -e
    trap 'ip netns del pod; ip link del cni0 2>/dev/null || true' EXIT
    ip netns add pod
    ip link add cni0 type veth peer name eth0 netns pod
    ip addr add 198.18.7.1/30 dev cni0
    ip link set cni0 up
    ip -n pod addr add 198.18.7.2/30 dev eth0
    ip -n pod link set eth0 up
    ip -n pod route add default via 198.18.7.1
    ip netns exec pod timeout 3 bash -c 'exec 3<>/dev/tcp/${host.privateAddress}/${port}' 2>/dev/null && echo yes || echo no`);
  return stdout.trim();
}

const notebooks = ["/etc/systemd/system/lambda-jupyter.service", "/usr/lib/systemd/system/jupyter.service"];

/** Gives a new host what images have: notebooks, and a firewall that tells whether ours was there when it was disabled. */
export async function opensOtherwise(machine: TestMachine): Promise<void> {
  const unit = "[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n";
  const ufw = [
    "#!/bin/bash",
    "case $1 in",
    "status) [[ -e /run/ufw-off ]] || echo Status: active;;",
    "disable) nft list table inet sophia_host >/run/ufw-off;;",
    "esac",
  ].join("\\n");
  const commands = [
    ...notebooks.map((file) => `printf '${unit}' >${file}`),
    "systemctl daemon-reload",
    "systemctl enable --quiet --now lambda-jupyter jupyter",
    // One without a file, as somebody starts it by hand: it cannot be disabled.
    "systemd-run --quiet --unit=jupyter-lab sleep infinity",
    `printf '${ufw}\\n' >/usr/sbin/ufw`,
    "chmod 755 /usr/sbin/ufw",
  ];
  expect(await machine.root(`set -e; ${commands.join("; ")}`)).toMatchObject({ code: 0 });
}

/** After hardening: notebooks do not run, nor after a boot, and the other firewall was disabled after ours stood. */
export async function isClosedOtherwise(machine: TestMachine): Promise<void> {
  const shown = await machine.root(
    "systemctl is-active lambda-jupyter jupyter jupyter-lab; systemctl is-enabled lambda-jupyter jupyter",
  );
  expect(shown.stdout.trim().split("\n")).toEqual(["inactive", "inactive", "inactive", "disabled", "masked"]);
  expect((await machine.root("cat /run/ufw-off")).stdout).toContain("chain inbound");
  await machine.root(`rm -f /usr/sbin/ufw ${notebooks[0]}; systemctl daemon-reload`);
}

/** Starts a program that nobody asked for on a hardened host, and its firewall anew. */
export async function closesPorts(machine: TestMachine): Promise<void> {
  await machine.root(
    "systemd-run --unit=stranger python3 -m http.server 9999; systemctl restart sophia-firewall",
  );
  await waitFor({ what: "a stranger's port", deadline: 120, interval: 0.5 }, async () => {
    const { code } = await machine.root("curl -s -o /dev/null http://127.0.0.1:9999/");
    return code === 0 ? true : { notYet: "nothing listens" };
  });
  expect(await reachable(machine, 9999)).toBe(false);
  expect(await reachable(machine, 22)).toBe(true);
  expect(await reachable(machine, 8080)).toBe(true);
  expect(await fromPod(machine, 9999)).toBe("no");
  expect(await fromPod(machine, 22)).toBe("no");
  expect(await fromPod(machine, 8080)).toBe("yes");
  await machine.root("systemctl stop stranger");
}

/**
 * Gives a hardened host other public addresses.
 * @param back its own perimeter, of a host that meets others in private
 */
export async function reachesItself(
  machine: TestMachine,
  back: string,
  settings: (changes: Record<string, unknown>) => K3sSettings,
): Promise<void> {
  const among = settings({ nodeAddress: "public", flannelBackend: "wireguard-native" });
  const at = async (address: string) => {
    const host = { ...machine.host, address };
    await must(machine, perimeterScript(host, [host], among, { adminNetworks: ["0.0.0.0/0"] }));
    const shown = await machine.root(`ip -4 -oneline addr show to ${address}/32 | awk '{ print $2 }'`);
    return shown.stdout.trim();
  };
  const ours = async () => (await machine.root("ip -4 -oneline addr show label lo:public")).stdout;

  expect(await at("203.0.113.7")).toBe("lo");
  const ask = "curl --silent --noproxy '*' --max-time 10 --output /dev/null --write-out '%{http_code}'";
  expect((await machine.root(`${ask} http://203.0.113.7:8080/`)).stdout).toBe("404");
  await machine.root("systemctl restart sophia-public-address");
  expect(await ours()).toContain("203.0.113.7/32");
  expect(await at("203.0.113.8")).toBe("lo");
  expect(await ours()).not.toContain("203.0.113.7");
  expect(await at(machine.host.privateAddress)).not.toBe("lo");
  expect(await ours()).toBe("");
  await at("203.0.113.7");
  await must(machine, back);
  expect(await ours()).toBe("");
}

/** Opens a tunnel on a hardened host, and closes it. */
export async function closesTunnels(machine: TestMachine): Promise<void> {
  const { privateKey, publicKey } = makeKey();
  const login = () => ssh({ address: machine.host.address, user: "estuary", privateKey }, "id");
  /** How a login ends. sshd loses connections while it reads its configuration again. */
  const ends = (how: RegExp) =>
    waitFor({ what: `the login to end with ${how}`, deadline: 180, interval: 1 }, async () => {
      const said = await login().then(() => "a session", messageOf);
      return how.test(said) || notYet(said);
    });
  await must(machine, tunnelScript({ user: "estuary", publicKey, target: "10.43.0.7:5432" }));
  // It is let in, and gets no session.
  await ends(/channel open failure/i);
  // One of its processes, as a connection has.
  await machine.root("systemd-run --unit=held --uid=estuary sleep infinity");
  expect(await must(machine, closeScript("estuary"))).toContain("changed user estuary: removed");
  await ends(/authentication methods failed/i);
  const left = await machine.root(
    "getent passwd estuary; ls /etc/ssh/sophia-keys; sshd -T | grep -i estuary",
  );
  expect(left.stdout).toBe("");
  expect(await must(machine, closeScript("estuary"))).toBe("nothing to change\n");
  await machine.root("systemctl reset-failed held");
}
