import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { V1Container, V1PodSpec } from "@kubernetes/client-node";
import { notYet, Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import { bytesOf } from "../../../components/settings/sections/quantities.ts";
import { mcpSettings } from "../../../components/settings/sections/services.ts";
import type { DeployedEntry } from "../../../mcp/catalog/index.ts";
import { serverObjects } from "../../../mcp/deployment/objects.ts";
import { docker, inspect } from "../../../tools/docker/docker.ts";
import { testLabels } from "../../support/leftovers.ts";

/** What the stack says of a server's pod. */
export interface Pod {
  spec: V1PodSpec;
  container: V1Container;
  /** Values of its Secret. */
  secrets: Record<string, string>;
}

/** The pod of an entry of the catalog, whose secrets are given by the variables that it reads. */
export function podOf(entry: DeployedEntry, secrets: Record<string, string>): Pod {
  const objects = serverObjects({
    entry,
    settings: mcpSettings.parse({}),
    image: "of-our-own-servers",
    namespace: "mcp",
    hosts: [],
    apiServers: [],
    urls: { lambda: undefined, inference: undefined, gong: undefined },
    provided: { values: {}, secrets },
  });
  const template = JSON.parse(JSON.stringify(objects.template("account", "")));
  const spec = template.spec as V1PodSpec;
  const [container] = spec.containers;
  if (!container) throw new Error(`the pod of ${entry.name} has no container`);
  return { spec, container, secrets: objects.secrets as Record<string, string> };
}

export interface Running {
  said(): string;
  /** Its address, as soon as it accepts connections there, which is what the kubelet's probe `tcp` asks. */
  ready(port: number): Promise<string>;
  /** Its exit code, as soon as it ends. */
  ended: Promise<number>;
  signal(name: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Address of this machine for containers. */
export async function hostAddress(): Promise<string> {
  const bridge = await inspect<{ IPAM: { Config: { Gateway?: string }[] } }>("network", "bridge");
  const address = bridge?.IPAM.Config.find(({ Gateway }) => Gateway)?.Gateway;
  if (!address)
    throw new Error("the engine's network `bridge` has no gateway: docker network inspect bridge");
  return address;
}

/** The rights, the folders and the memory that the kubelet would give a pod's container. */
function place({ spec, container }: Pod): string[] {
  const { runAsUser, runAsGroup } = spec.securityContext ?? {};
  const { readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities } = container.securityContext ?? {};
  const folders = (container.volumeMounts ?? []).map(({ name, mountPath }) => {
    const limit = spec.volumes?.find((volume) => volume.name === name)?.emptyDir?.sizeLimit;
    if (!limit) throw new Error(`${mountPath} is no folder in memory: the test knows no other`);
    return `--tmpfs=${mountPath}:size=${bytesOf(limit)},mode=1777`;
  });
  return [
    `--user=${runAsUser}:${runAsGroup}`,
    ...(readOnlyRootFilesystem ? ["--read-only"] : []),
    ...(allowPrivilegeEscalation === false ? ["--security-opt=no-new-privileges"] : []),
    ...(capabilities?.drop ?? []).map((name) => `--cap-drop=${name}`),
    `--memory=${bytesOf(container.resources?.limits?.memory ?? "")}`,
    ...folders,
  ];
}

/** The environment that the kubelet would give it. */
const environmentOf = ({ container, secrets }: Pod): Record<string, string> =>
  Object.fromEntries(
    (container.env ?? []).map(({ name, value, valueFrom }) => [
      name,
      value ?? secrets[valueFrom?.secretKeyRef?.key ?? ""] ?? "",
    ]),
  );

/**
 * Runs a pod's container with its command, its arguments and its environment.
 * @param more `files`: of this machine, by their place in the container
 */
export async function startContainer(
  image: string,
  pod: Pod,
  more: { folder: string; files: Record<string, string>; environment: Record<string, string> },
): Promise<Running> {
  const name = `sophia-test-${randomBytes(6).toString("hex")}`;
  const variables = Object.entries({ ...environmentOf(pod), ...more.environment });
  // Not in the command: a value would stand in the process list.
  const environment = join(more.folder, `${name}.env`);
  writeFileSync(environment, variables.map(([key, value]) => `${key}=${value}\n`).join(""), { mode: 0o600 });
  const { command = [], args = [] } = pod.container;
  const [entrypoint, ...before] = command;
  const child = spawn(
    "docker",
    [
      ...["run", "--rm", "--name", name, ...testLabels(more.folder), ...place(pod)],
      ...["--env-file", environment],
      ...Object.entries(more.files).map(([inside, file]) => `--volume=${file}:${inside}:ro`),
      ...(entrypoint ? ["--entrypoint", entrypoint] : []),
      ...[image, ...before, ...args],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  const ended = once(child, "close").then(([code]) => Number(code));
  return {
    said: () => text,
    ended,
    ready: (port) =>
      waitFor({ what: `${name} at port ${port}`, deadline: 240, interval: 0.1 }, async () => {
        if (child.exitCode !== null) throw new Unrecoverable(new Error(`it ended: ${text}`));
        const found = await inspect<{ NetworkSettings: { Networks: Record<string, { IPAddress: string }> } }>(
          "container",
          name,
        );
        const address = Object.values(found?.NetworkSettings.Networks ?? {})[0]?.IPAddress;
        if (!address) return notYet("it has no address");
        const socket = connect(port, address);
        await once(socket, "connect");
        socket.destroy();
        return address;
      }),
    signal: async (wanted) => {
      await docker(["kill", "--signal", wanted, name], { allowFailure: true });
    },
  };
}
