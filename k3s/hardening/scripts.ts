import { isIPv4 } from "node:net";
import type { AllowedNetworks } from "../../components/core/ports.ts";
import type { K3sSettings } from "../config/config.ts";
import type { Host } from "../host.ts";
import { lockTimeout, script, shellFile } from "../shell/script.ts";
import {
  autoUpgrades,
  fail2banJail,
  journaldConfig,
  rebootTime,
  sshdConfig,
  unattendedUpgrades,
} from "./files.ts";
import { firewallRules } from "./firewall.ts";
import { kernelSysctls, kubeletSysctls, lines, networkSysctls, optionalSysctls } from "./sysctl.ts";

const read = (name: string) => shellFile(name, import.meta.url);

/**
 * Settings that do not depend on other hosts: packages, kernel, sshd, GPUs, journal, security updates, time. Refuses a host that
 * has another program's K3s, or another stack's.
 *
 * @param index Position of the host in the fleet: hosts reboot for updates at different times.
 * @param owner The stack, as `<project>/<stack>`.
 */
export function hardenScript(host: Pick<Host, "name" | "user">, index: number, owner: string): string {
  return script({
    title: `harden ${host.name}`,
    body: `${read("../node/foreign.sh")}\n${read("harden.sh")}`,
    exclusive: lockTimeout,
    variables: {
      OWNER: owner,
      LOGIN_USER: host.user,
      KUBELET_SYSCTLS: lines(kubeletSysctls),
      NETWORK_SYSCTLS: lines(networkSysctls),
      KERNEL_SYSCTLS: lines(kernelSysctls),
      OPTIONAL_SYSCTLS: [...optionalSysctls].join(" "),
      SSHD_CONFIG: sshdConfig(host.user).trimEnd(),
      GPU_LINKS_UNIT: read("gpuLinks.service").trimEnd(),
      JOURNALD_CONFIG: journaldConfig.trimEnd(),
      AUTO_UPGRADES: autoUpgrades.trimEnd(),
      UNATTENDED_UPGRADES: unattendedUpgrades(rebootTime(index)).trimEnd(),
    },
  });
}

/** Shortest prefix of an admin network that fail2ban never bans: 0.0.0.0/0 must not disable it. */
const shortestTrustedPrefix = 8;

/**
 * Unit that makes the public address one of the host's own where no interface has it. K3s gives pods that address for
 * Kubernetes's API, and asks it for the metrics of this node: behind a gateway, such packets would leave the host, and
 * a gateway need not send them back, nor the firewall there let them in. Empty where nodes meet in private.
 */
export function publicAddressUnit(
  host: Pick<Host, "name" | "address">,
  { nodeAddress }: Pick<K3sSettings, "nodeAddress">,
): string {
  if (nodeAddress === "private") return "";
  if (!isIPv4(host.address)) throw new Error(`host ${host.name} has no IPv4 address, but "${host.address}"`);
  return read("publicAddress.service").replaceAll("@ADDRESS@", host.address).trimEnd();
}

/**
 * Settings that depend on the hosts' addresses: the firewall, the addresses that are never banned, and the host's own.
 */
export function perimeterScript(
  host: Host,
  all: readonly Host[],
  settings: K3sSettings,
  { adminNetworks, sshNetworks = [] }: AllowedNetworks,
): string {
  const nodes = all
    .flatMap((other) => [other.address, other.privateAddress])
    .filter((address) => address !== "");
  const trustedAdmins = adminNetworks.filter(
    (network) => Number(network.split("/")[1]) >= shortestTrustedPrefix,
  );
  return script({
    title: `perimeter of ${host.name}`,
    body: read("perimeter.sh"),
    exclusive: lockTimeout,
    variables: {
      RULES: firewallRules({ sshPort: 22, nodes, adminNetworks, sshNetworks, settings }).trimEnd(),
      FIREWALL_UNIT: read("firewall.service").trimEnd(),
      ADDRESS_UNIT: publicAddressUnit(host, settings),
      JAIL: fail2banJail(
        [...new Set([...nodes, settings.clusterCidr, settings.serviceCidr, ...trustedAdmins])].sort(),
      ).trimEnd(),
    },
  });
}
