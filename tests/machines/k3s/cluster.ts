import { randomBytes } from "node:crypto";
import { stringify } from "yaml";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { publishImage } from "../../../lab/images/publish.ts";
import { ensureRegistry, mirrorsOf, type Registry } from "../../../lab/images/registry.ts";
import { clusterImages } from "../../../lab/images/scratch.ts";
import { registryImage } from "../../../lab/images/services.ts";
import { devicePluginChart } from "../../../lab/images/upstream.ts";
import { clusterPrograms } from "../../../lab/k3s/artefact.ts";
import { containerName } from "../../../lab/machines/docker/options.ts";
import type { MachineSpec } from "../../../lab/machines/driver.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { docker } from "../../../tools/docker/docker.ts";
import { baseImage } from "../../../tools/docker/images/base/image.ts";
import { helm } from "../../../tools/helm/artefact.ts";
import { running, startTestLab, type TestLab } from "../driver/lab.ts";

/** Image of the tests' own pods: has a shell and Perl. */
export const podImage = "docker.io/library/debian:12-slim";

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** One lab machine with the stand-in on it, not started yet. */
export interface Node {
  spec: MachineSpec;
  privateAddress: string;
  /** Runs a shell command as root; a non-zero exit is a result, not an error. */
  run(command: string, stdin?: string): Promise<Result>;
  /** Runs a shell command as root that must succeed; returns its output. */
  must(command: string, stdin?: string): Promise<string>;
}

export interface Cluster {
  token: string;
  server: Node;
  agent: Node;
  folders: { programs: string; helm: string; chart: string };
  lab: TestLab;
  registry: Registry;
  /** kubectl on the server. */
  kubectl(command: string, stdin?: string): Promise<string>;
  /** A machine with the same name and address as `like`, empty. */
  replace(like: Node): Promise<Node>;
  /** Starts K3s with this configuration and returns when systemd says that it runs. */
  start(node: Node, role: "server" | "agent", config: Record<string, unknown>): Promise<void>;
  close(): Promise<void>;
}

const unit = (role: string) => `[Unit]
After=network-online.target
[Service]
Type=notify
ExecStart=/usr/local/bin/k3s ${role}
KillMode=process
Delegate=yes
LimitNOFILE=1048576
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=1s
[Install]
WantedBy=multi-user.target
`;

/** Two machines, a registry that serves the cluster's images, and nothing running on them yet. */
export async function makeCluster(): Promise<Cluster> {
  const artefacts = [registryImage, baseImage, ...clusterImages.map(({ artefact }) => artefact)];
  const lab = await startTestLab("k3s", artefacts);
  const found = await obtain([clusterPrograms, helm, devicePluginChart], { cache: lab.lab.cache });
  const folder = (name: string) => {
    const path = found.get(name);
    if (!path) throw new Error(`no artefact ${name}`);
    return path;
  };
  const folders = {
    programs: folder(clusterPrograms.name),
    helm: folder(helm.name),
    chart: folder(devicePluginChart.name),
  };
  const registry = await ensureRegistry(lab.lab, lab.network, await lab.image(registryImage));
  await publishImage(registry, await lab.image(baseImage), podImage);
  for (const { reference, artefact } of clusterImages) {
    await publishImage(registry, await lab.image(artefact), reference);
  }
  const references = [podImage, ...clusterImages.map(({ reference }) => reference)];
  const mirrors = Object.entries(mirrorsOf(references, registry.url));
  const registries = stringify({
    mirrors: Object.fromEntries(mirrors.map(([host, endpoint]) => [host, { endpoint }])),
  });

  const boot = async (spec: MachineSpec): Promise<Node> => {
    const { privateAddress = "" } = await lab.driver.create(spec);
    await running(lab.driver, spec.id);
    const name = containerName(lab.lab, spec.id);
    const run = (command: string, stdin = "") =>
      docker(["exec", "--interactive", name, "bash", "-c", command], { allowFailure: true, stdin });
    const node: Node = {
      spec,
      privateAddress,
      run,
      async must(command, stdin) {
        const result = await run(command, stdin);
        if (result.code !== 0) {
          throw new Error(`on ${spec.hostname}: ${command}\n${result.stdout}\n${result.stderr}`);
        }
        return result.stdout.trim();
      },
    };
    await docker(["cp", `${folders.programs}/k3s`, `${name}:/usr/local/bin/k3s`]);
    await node.must("mkdir -p /etc/rancher/k3s && cat > /etc/rancher/k3s/registries.yaml", registries);
    return node;
  };
  const gpus = { count: 1, model: "NVIDIA A10" };
  const server = await boot(lab.spec(11, { hostname: "host-s" }));
  const agent = await boot(lab.spec(12, { hostname: "host-a", gpus }));
  const cluster: Cluster = {
    token: randomBytes(16).toString("hex"),
    server,
    agent,
    folders,
    lab,
    registry,
    kubectl: (command, stdin) => cluster.server.must(`k3s kubectl ${command}`, stdin),
    async replace(like) {
      await lab.driver.remove(like.spec.id);
      return boot({ ...like.spec, id: `1ab0${randomBytes(14).toString("hex")}` });
    },
    async start(node, role, config) {
      await node.must("cat > /etc/rancher/k3s/config.yaml", stringify(config));
      await node.must("cat > /etc/systemd/system/k3s.service", unit(role));
      const started = await node.run(
        "systemctl daemon-reload; systemctl enable -q k3s; timeout 180 systemctl start k3s",
      );
      if (started.code === 0) return;
      const log = await node.run("journalctl -u k3s --no-pager --lines=60");
      throw new Error(
        `k3s ${role} did not start on ${node.spec.hostname}:\n${started.stderr}\n${log.stdout}`,
      );
    },
    close: () => lab.close(),
  };
  return cluster;
}

/** Asks until the answer is the expected one. */
export const eventually = (what: string, deadline: number, ask: () => Promise<string>, expected: RegExp) =>
  waitFor({ what, deadline, interval: 0.5 }, async () => {
    const answer = await ask();
    return expected.test(answer) ? answer : notYet(`got: ${answer}`);
  });
