/**
 * Required by the kubelet with `protect-kernel-defaults` (K3s hardening guide; the two key limits from the kubelet's
 * check). Also written in containers: the kubelet there needs them, and would set them itself otherwise.
 */
export const kubeletSysctls: Readonly<Record<string, string>> = {
  "vm.panic_on_oom": "0",
  "vm.overcommit_memory": "1",
  "kernel.panic": "10",
  "kernel.panic_on_oops": "1",
  "kernel.keys.root_maxkeys": "1000000",
  "kernel.keys.root_maxbytes": "25000000",
};

/** Belong to the network namespace: a host that is a container has its own. */
export const networkSysctls: Readonly<Record<string, string>> = {
  // Pods and Services are routed.
  "net.ipv4.ip_forward": "1",
  // Loose, not strict: replies over WireGuard may arrive on another interface.
  "net.ipv4.conf.all.rp_filter": "2",
  "net.ipv4.conf.default.rp_filter": "2",
  "net.ipv4.conf.all.accept_redirects": "0",
  "net.ipv4.conf.default.accept_redirects": "0",
  "net.ipv4.conf.all.secure_redirects": "0",
  "net.ipv4.conf.all.send_redirects": "0",
  "net.ipv4.conf.default.send_redirects": "0",
  "net.ipv4.conf.all.accept_source_route": "0",
  "net.ipv4.conf.all.log_martians": "1",
  "net.ipv4.icmp_echo_ignore_broadcasts": "1",
  "net.ipv4.tcp_syncookies": "1",
};

/** Belong to the kernel: not set in a container, which shares the kernel of its machine. */
export const kernelSysctls: Readonly<Record<string, string>> = {
  "kernel.dmesg_restrict": "1",
  "kernel.kexec_load_disabled": "1",
  "kernel.kptr_restrict": "2",
  "kernel.randomize_va_space": "2",
  "kernel.sysrq": "0",
  "kernel.yama.ptrace_scope": "1",
  "fs.protected_fifos": "1",
  "fs.protected_hardlinks": "1",
  "fs.protected_regular": "2",
  "fs.protected_symlinks": "1",
  "fs.suid_dumpable": "0",
  // Every pod's log is watched; the defaults of 128 and 8192 run out at some twenty pods.
  "fs.inotify.max_user_instances": "8192",
  "fs.inotify.max_user_watches": "524288",
};

/** Absent on some kernels: a host without one is reported and not failed. */
export const optionalSysctls: ReadonlySet<string> = new Set([
  "kernel.kexec_load_disabled",
  "kernel.keys.root_maxkeys",
  "kernel.keys.root_maxbytes",
  "kernel.yama.ptrace_scope",
  "net.ipv4.tcp_syncookies",
]);

/** `key=value` lines. */
export const lines = (sysctls: Readonly<Record<string, string>>): string =>
  Object.entries(sysctls)
    .map(([key, value]) => `${key}=${value}`)
    .join("\n");
