import { parse } from "yaml";
import { type Context, type Fault, isListed, type Rule, type Subject } from "../../engine/rule.ts";
import { type Json, object, revealed } from "../../engine/values.ts";

const lines = (value: unknown): string[] => [value].flat().map(String);

/** Options of the API server and the kubelet that no node may have. */
const forbiddenArgs = [
  /^anonymous-auth=true/,
  /^authorization-mode=(?:.*,)?AlwaysAllow/,
  /^insecure-port=[1-9]/,
  /^enable-admission-plugins=.*AlwaysAdmit/,
  /^read-only-port=[1-9]/,
  /^profiling=true/,
];

/** What is wrong with a K3s `config.yaml`. Pure. */
export function k3sFaults(config: Json, { stack, settings }: Pick<Context, "stack" | "settings">): Fault[] {
  const faults: Fault[] = [];
  const demand = (holds: boolean, fault: Fault) => {
    if (!holds) faults.push(fault);
  };
  const agent = config.server !== undefined && config["cluster-init"] === undefined;
  if (!agent) {
    demand(config["secrets-encryption"] === true, {
      path: "secrets-encryption",
      message: "is not true: Secrets lie in etcd in the clear",
    });
    const mode = String(config["write-kubeconfig-mode"] ?? "0600");
    demand(/^0?[0-7]00$/.test(mode), {
      path: "write-kubeconfig-mode",
      message: `is ${mode}: every user of the host is cluster admin`,
    });
    const backend = String(config["flannel-backend"] ?? "vxlan");
    demand(backend === "wireguard-native" || isListed(stack, settings.plainPodNetwork), {
      path: "flannel-backend",
      message: `is ${backend}: pod traffic is in the clear, and port 8472 takes packets from anyone`,
    });
    demand(config["disable-network-policy"] !== true, {
      path: "disable-network-policy",
      message: "is true: no network policy is enforced",
    });
    demand(config["disable-kube-proxy"] !== true, {
      path: "disable-kube-proxy",
      message: "is true: Services do not work",
    });
  }
  demand(config["protect-kernel-defaults"] === true, {
    path: "protect-kernel-defaults",
    message: "is not true",
  });
  for (const key of ["kube-apiserver-arg", "kubelet-arg"]) {
    for (const line of lines(config[key])) {
      demand(!forbiddenArgs.some((pattern) => pattern.test(line.replace(/^--/, ""))), {
        path: key,
        message: `holds ${line.split("=")[0]} with a value that opens the cluster`,
      });
    }
  }
  return faults;
}

/** The `config.yaml` inside a script that configures a node. Its tokens stand elsewhere in the script. */
function configIn(text: string): Json | undefined {
  const match = /^CONFIG='((?:[^']|'\\'')*)'$/m.exec(text);
  if (!match?.[1]) return undefined;
  return object(parse(match[1].replaceAll("'\\''", "'")));
}

/** The configurations that a resource writes: given as a script, or as a file's text. */
function configsOf({ type, props }: Subject): Json[] {
  if (!type.startsWith("command:")) return [];
  const open = object(revealed(props));
  return ["create", "update", "stdin"].flatMap((key) => {
    const config = configIn(String(open[key] ?? ""));
    return config ? [config] : [];
  });
}

export const k3sConfig: Rule = {
  name: "k3s-config",
  description:
    "K3s encrypts its secrets and its pod network, makes its kubeconfig readable to root only, and accepts no anonymous requests.",
  severity: "critical",
  why: "these keys decide who is cluster admin and who reads every Secret, whatever the objects in the cluster say",
  fix: "take the key out of sophia-infra:k3s.extraConfig, so that k3s/config/config.ts decides",
  evaluate: (subject, context) =>
    configsOf(subject).flatMap((config) =>
      k3sFaults(config, context).map(({ path, message }) => ({
        path: "config.yaml",
        message: `${path} ${message}`,
      })),
    ),
};
