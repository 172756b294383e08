/**
 * Key-only SSH. The first value of a key wins and the folder is read first, so the file's name must sort before
 * cloud-init's `50-cloud-init.conf`.
 */
export function sshdConfig(user: string): string {
  if (!/^[a-z_][a-z0-9_-]*$/.test(user)) throw new Error(`${JSON.stringify(user)} is not a user name`);
  return `\
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
AuthenticationMethods publickey
AllowUsers ${user}
MaxAuthTries 4
LoginGraceTime 30
X11Forwarding no
AllowAgentForwarding no
AllowTcpForwarding local
PermitUserEnvironment no
ClientAliveInterval 60
ClientAliveCountMax 10
# Many commands log in at once while the stack is updated.
MaxStartups 30:30:100
MaxSessions 20
`;
}

/** Bounded logs that survive a reboot. */
export const journaldConfig = `\
[Journal]
Storage=persistent
Compress=yes
SystemMaxUse=1G
SystemKeepFree=2G
MaxRetentionSec=30day
RateLimitIntervalSec=30s
RateLimitBurst=10000
ForwardToSyslog=no
`;

/**
 * Security updates only. GPU drivers, CUDA and kernels are left to a planned replacement of the host: a driver that
 * is newer than the loaded kernel module kills every running GPU pod until the next reboot.
 *
 * @param rebootAt Local time `HH:MM` of the reboot, when an update requires one; must differ between hosts.
 */
export function unattendedUpgrades(rebootAt: string): string {
  return `\
#clear Unattended-Upgrade::Allowed-Origins;
#clear Unattended-Upgrade::Origins-Pattern;
Unattended-Upgrade::Origins-Pattern {
  "origin=Ubuntu,archive=\${distro_codename}-security";
  "origin=Debian,codename=\${distro_codename}-security,label=Debian-Security";
};
Unattended-Upgrade::Package-Blacklist {
  "nvidia-";
  "libnvidia-";
  "cuda-";
  "libcuda";
  "linux-image";
  "linux-headers";
  "linux-modules";
  "lambda-";
};
Unattended-Upgrade::Remove-Unused-Dependencies "false";
Unattended-Upgrade::Automatic-Reboot "true";
Unattended-Upgrade::Automatic-Reboot-WithUsers "true";
Unattended-Upgrade::Automatic-Reboot-Time "${rebootAt}";
`;
}

export const autoUpgrades = `\
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
APT::Periodic::AutocleanInterval "7";
`;

/** Reboot times half an hour apart from 03:00 on, so that two hosts are never down at once. */
export function rebootTime(index: number): string {
  const minutes = (3 * 60 + index * 30) % (24 * 60);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/**
 * fail2ban in normal mode: the aggressive one counts connections that end before a login, as reading the host key does.
 * Debian 12 has no auth.log, Ubuntu 22.04 has both: the journal works on either. Bans are kept in a separate nftables
 * table.
 *
 * @param trusted Networks that are never banned: parallel retries of the program would be.
 */
export function fail2banJail(trusted: readonly string[]): string {
  return `\
[DEFAULT]
ignoreip = ${["127.0.0.0/8", "::1", ...trusted].join(" ")}
banaction = nftables[type=multiport]
bantime = 10m
bantime.increment = true
bantime.maxtime = 1d
findtime = 10m
maxretry = 5

[sshd]
enabled = true
backend = systemd
`;
}
