import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { docker, inspect, type LabIdentity, labelArguments } from "../../tools/docker/docker.ts";
import { parseReference } from "../../tools/docker/reference.ts";
import { removeContainers } from "../../tools/docker/remove.ts";
import type { LabNetwork } from "../machines/docker/network.ts";

/** The lab's image registry. */
export interface Registry {
  /** Address for pushes from this machine. */
  push: string;
  /** URL for pulls by the lab's hosts. */
  url: string;
}

interface ContainerInspection {
  State: { Running: boolean };
  Config: { Image: string };
  NetworkSettings: { Ports: Record<string, { HostPort: string }[] | null> };
}

const nameOf = (lab: LabIdentity): string => `sophia-${lab.name}-registry`;

/**
 * Starts the lab's registry if it is not running. Its images are kept in the cache, for the next lab of the checkout.
 *
 * @param image Name of the registry's image in the engine.
 */
export async function ensureRegistry(
  lab: LabIdentity & { cache: string },
  network: LabNetwork,
  image: string,
): Promise<Registry> {
  const name = nameOf(lab);
  const found = await inspect<ContainerInspection>("container", name);
  if (!found?.State.Running || found.Config.Image !== image) {
    if (found) await removeContainers([name]);
    const storage = join(lab.cache, "registry");
    await mkdir(storage, { recursive: true });
    const args = ["run", "--detach", "--name", name, ...labelArguments(lab), "--network", network.name];
    args.push("--ip", network.registry, "--publish", "127.0.0.1::5000", "--restart", "on-failure:1");
    args.push("--mount", `type=bind,source=${storage},target=/var/lib/registry`, image);
    await docker(args);
  }
  return waitFor(
    { what: `the image registry of lab ${lab.name}`, deadline: 120, interval: 0.2 },
    async () => {
      const running = await inspect<ContainerInspection>("container", name);
      const port = running?.NetworkSettings.Ports["5000/tcp"]?.[0]?.HostPort;
      if (!port) return notYet(`its container does not run; see: docker logs ${name}`);
      const push = `127.0.0.1:${port}`;
      const response = await fetch(`http://${push}/v2/`, { signal: AbortSignal.timeout(2000) });
      return response.ok
        ? { push, url: `http://${network.registry}:5000` }
        : notYet(`it answers ${response.status}`);
    },
  );
}

/** K3s's `mirrors` for the registries of these images: all of them are served by the lab's. Pure. */
export function mirrorsOf(references: string[], url: string): Record<string, string[]> {
  const registries = [...new Set(references.map((reference) => parseReference(reference).registry))].sort();
  return Object.fromEntries(registries.map((registry) => [registry, [url]]));
}
