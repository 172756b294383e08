import type { Host } from "../host.ts";
import { nodeKind } from "../host.ts";
import { lockTimeout, script, shellFile } from "../shell/script.ts";

const read = (name: string) => shellFile(name, import.meta.url);

/** Installs the health service: `GET :8080/health` reports on disk, memory, K3s and GPUs. */
export function healthScript(host: Pick<Host, "name" | "roles" | "gpus">): string {
  const unit = read("health.service")
    .replaceAll("@UNIT@", nodeKind(host) === "server" ? "k3s" : "k3s-agent")
    .replaceAll("@GPUS@", String(host.gpus));
  return script({
    title: `health service of ${host.name}`,
    body: read("health.sh"),
    exclusive: lockTimeout,
    variables: { HEALTH_PY: read("health.py").trimEnd(), HEALTH_UNIT: unit.trimEnd() },
  });
}
