import { createHash } from "node:crypto";
import { hostRoles } from "../../components/settings/sections/lambda.ts";
import type { K3sSettings, NodeSpec } from "../config/config.ts";
import { configText, nodeConfig, nodeLabels, restartText } from "../config/config.ts";
import { type RegistryLogin, registriesText } from "../config/registries.ts";
import { serverFiles } from "../config/serverFiles.ts";
import { nodeKind, nodeName } from "../host.ts";
import { lockTimeout, script, shellFile } from "../shell/script.ts";

const read = (name: string) => shellFile(name, import.meta.url);
const kubectl = read("kubectl.sh");
const restart = read("restart.sh");
const withRestart = (name: string) => `${restart}\n${read(name)}`;
const withKubectl = (body: string) => `${kubectl}\n${body}`;

/**
 * Installs the pinned release after checking its checksum; restarts a configured K3s when anything changed.
 *
 * @param owner The stack, as `<project>/<stack>`: no other takes the host over.
 */
export function installScript(kind: "server" | "agent", settings: K3sSettings, owner: string): string {
  const unit = kind === "server" ? "k3s" : "k3s-agent";
  const { amd64, arm64 } = settings.release;
  return script({
    title: `install K3s ${kind}`,
    body: `${read("foreign.sh")}\n${withRestart("install.sh")}`,
    exclusive: lockTimeout,
    variables: {
      OWNER: owner,
      KIND: kind,
      VERSION: settings.version,
      URL_AMD64: amd64.url,
      SHA256_AMD64: amd64.sha256,
      URL_ARM64: arm64?.url ?? "",
      SHA256_ARM64: arm64?.sha256 ?? "",
      UNIT: read("k3s.service").replaceAll("@KIND@", kind).trimEnd(),
      UNINSTALL: read("k3s-uninstall.sh")
        .replaceAll("@UNIT@", unit)
        .replace("@STOP@", () => read("stop.sh").trimEnd())
        .trimEnd(),
      DEADLINE: settings.deadline,
    },
  });
}

/** The tokens of a node: short for the first server, full (`K10…`) for an agent. */
export type Tokens = { token: string; agentToken: string } | { token: string };

/** Writes `config.yaml` and the files it refers to, and restarts K3s when they changed. Contains tokens and the login: secret. */
export function configureScript(spec: NodeSpec, tokens: Tokens, login?: RegistryLogin): string {
  const config = nodeConfig(spec);
  const server = nodeKind(spec.host) === "server";
  const lines = [`token: ${JSON.stringify(tokens.token)}`];
  if ("agentToken" in tokens) lines.push(`agent-token: ${JSON.stringify(tokens.agentToken)}`);
  return script({
    title: `configure K3s on ${spec.host.name}`,
    body: withRestart("configure.sh"),
    exclusive: lockTimeout,
    variables: {
      KIND: nodeKind(spec.host),
      HOST: spec.host.name,
      NODE: nodeName(spec.host),
      CONFIG: configText(config).trimEnd(),
      RESTART_TEXT: restartText(config),
      TOKENS: lines.join("\n"),
      REGISTRIES: registriesText(spec.settings.mirrors, login).trimEnd(),
      ADMISSION: server ? serverFiles.admission.text.trimEnd() : "",
      AUDIT_POLICY: server ? serverFiles.auditPolicy.text.trimEnd() : "",
      DEADLINE: spec.settings.deadline,
    },
  });
}

/**
 * Runs on the server: waits until the node is Ready with the wanted version, then updates its labels and taints.
 * The text changes with whatever restarts the node, so that each restart is followed by this wait: secret with a login, of
 * which it contains a hash.
 */
export function joinScript(spec: NodeSpec, login?: RegistryLogin): string {
  const { host, settings } = spec;
  const restarted = restartText(nodeConfig(spec)) + registriesText(settings.mirrors, login);
  const labels = Object.entries(nodeLabels(host)).map(([key, value]) => `${key}=${value}`);
  return script({
    title: `join ${nodeName(host)}`,
    body: withKubectl(read("join.sh")),
    variables: {
      RUNS_WITH: createHash("sha256").update(restarted).digest("hex"),
      NODE: nodeName(host),
      VERSION: settings.version,
      LABELS: labels.sort().join("\n"),
      TAINTS: [...host.taints].sort().join("\n"),
      ROLE_KEYS: [...hostRoles.map((role) => `sophia.ai/role-${role}`), "nvidia.com/gpu.present"].join(" "),
      DEADLINE: settings.deadline,
    },
  });
}

/** Runs on the server before the node's machine is deleted. Ends within its deadline, whatever the cluster's state. */
export function drainScript(node: string, deadline: number): string {
  return script({
    title: `drain ${node}`,
    body: withKubectl(read("drain.sh")),
    variables: { NODE: node, DEADLINE: deadline },
  });
}

/** Seconds that it waits for another script there: shorter than for others, as it is not essential. */
export const retireTimeout = 120;

/** Stops K3s on a host whose node was removed, unless it is another node by now. Pure. */
export function retireScript(host: string, node: string): string {
  return script({
    title: `stop node ${node} on ${host}`,
    body: read("stop.sh") + read("retire.sh"),
    exclusive: retireTimeout,
    variables: { HOST: host, NODE: node },
  });
}

/** Prints the id that the cluster got when it was created, and the agents' full token as JSON. Secret. */
export function identityScript(deadline: number): string {
  return script({
    title: "read the cluster's identity",
    body: withKubectl(read("identity.sh")),
    variables: { DEADLINE: deadline },
  });
}

/** Prints the admin kubeconfig, after a restart of K3s where its certificate ends within 90 days. Secret. */
export function kubeconfigScript(deadline: number): string {
  return script({
    title: "read the kubeconfig",
    body: withKubectl(`${restart}\n${read("kubeconfig.sh")}`),
    variables: { DEADLINE: deadline },
  });
}
