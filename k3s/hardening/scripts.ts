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
 * Settings that do not depend on other hosts: packages, kernel, sshd, journal, security updates, time.
 *
 * @param index Position of the host in the fleet: hosts reboot for updates at different times.
 */
export function hardenScript(host: Pick<Host, "name" | "user">, index: number): string {
  return script({
    title: `harden ${host.name}`,
    body: read("harden.sh"),
    exclusive: lockTimeout,
    variables: {
      LOGIN_USER: host.user,
      KUBELET_SYSCTLS: lines(kubeletSysctls),
      NETWORK_SYSCTLS: lines(networkSysctls),
      KERNEL_SYSCTLS: lines(kernelSysctls),
      OPTIONAL_SYSCTLS: [...optionalSysctls].join(" "),
      SSHD_CONFIG: sshdConfig(host.user).trimEnd(),
      JOURNALD_CONFIG: journaldConfig.trimEnd(),
      AUTO_UPGRADES: autoUpgrades.trimEnd(),
      UNATTENDED_UPGRADES: unattendedUpgrades(rebootTime(index)).trimEnd(),
    },
  });
}

/** Shortest prefix of an admin network that fail2ban never bans: 0.0.0.0/0 must not disable it. */
const shortestTrustedPrefix = 8;

/** Settings that depend on the other hosts: the firewall, and the addresses that are never banned. */
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
      JAIL: fail2banJail(
        [...new Set([...nodes, settings.clusterCidr, settings.serviceCidr, ...trustedAdmins])].sort(),
      ).trimEnd(),
    },
  });
}
