import { run } from "./exec.ts";

/** Installs distribution packages, once the index is fresh enough to have them. */
export async function installPackages(names: string[], log: (line: string) => void): Promise<void> {
  const install = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "install", ...names];
  const options = { env: { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" }, onLine: log };
  const first = await run("apt-get", install, { ...options, allowFailure: true });
  if (first.code === 0) return;
  await run("apt-get", ["-o", "DPkg::Lock::Timeout=300", "update"], options);
  await run("apt-get", install, options);
}
