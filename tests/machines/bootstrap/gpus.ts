import { expect } from "vitest";
import type { TestMachine } from "./machine.ts";

const asked = "/run/nvidia-ctk-asked";

/** Puts a program on a host in the place of NVIDIA's container toolkit, that notes what it is asked. */
export async function hasToolkit(machine: TestMachine): Promise<void> {
  const { code, stderr } = await machine.root(`cat >/usr/bin/nvidia-ctk <<'X'
#!/bin/sh
echo "$*" >>${asked}
X
chmod 0755 /usr/bin/nvidia-ctk`);
  expect(code, stderr).toBe(0);
}

/** The links that keep devices in containers are made once by a hardened host, and again at each boot, before K3s. */
export async function keepsGpus(machine: TestMachine): Promise<void> {
  expect((await machine.root(`cat ${asked}`)).stdout).toBe("system create-dev-char-symlinks --create-all\n");
  const { stdout } = await machine.root(
    "systemctl is-enabled sophia-gpu-links; systemctl is-active sophia-gpu-links; systemctl show sophia-gpu-links -p Before",
  );
  expect(stdout).toMatch(/^enabled\nactive\nBefore=.*k3s-agent\.service/);
}
