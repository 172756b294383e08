import type { K3sSettings } from "../config.ts";
import type { Host } from "../host.ts";
import { script, shellFile } from "../shell/script.ts";
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

/** Seconds that a script waits for another one on the same host. */
const turn = 900;

/**
 * What concerns one host alone: packages, kernel settings, sshd, journal, security updates, time.
 *
 * @param index Place of the host in the fleet; hosts reboot for updates at different times.
 */
export function hardenScript(host: Pick<Host, "name" | "user">, index: number): string {
  return script({
    title: `harden ${host.name}`,
    body: read("harden.sh"),
    exclusive: turn,
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

/** Shortest prefix of an admin network that fail2ban trusts: "everywhere" must not switch it off. */
const shortestTrustedPrefix = 8;

/** Networks that are let in beyond the hosts themselves. */
export interface Perimeter {
  /** To SSH, the Kubernetes API and the health service. */
  adminNetworks: readonly string[];
  /** To SSH. */
  sshNetworks?: readonly string[];
}

/** What depends on the other hosts: who may come in, and who is never banned. */
export function perimeterScript(
  host: Host,
  all: readonly Host[],
  settings: K3sSettings,
  { adminNetworks, sshNetworks = [] }: Perimeter,
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
    exclusive: turn,
    variables: {
      RULES: firewallRules({ sshPort: 22, nodes, adminNetworks, sshNetworks, settings }).trimEnd(),
      FIREWALL_UNIT: read("firewall.service").trimEnd(),
      JAIL: fail2banJail(
        [...new Set([...nodes, settings.clusterCidr, settings.serviceCidr, ...trustedAdmins])].sort(),
      ).trimEnd(),
    },
  });
}
