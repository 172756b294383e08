import { parse } from "yaml";
import { type Context, type Fault, isListed, type Rule, type Subject } from "../../engine/rule.ts";
import { type Json, object, revealed } from "../../engine/values.ts";
import { asKubernetesReads } from "../../engine/yaml.ts";
import { isInstance } from "../platform/budget.ts";

const lines = (value: unknown): string[] => [value].flat().map(String);

/** What Go reads as true. */
const yes = "1|t|T|true|TRUE|True";

/** An option that is on, in every spelling: alone, too. */
const on = (option: string): RegExp => new RegExp(`^${option}(?:=(?:${yes}))?$`);

/** Whether a key is on: K3s makes an option of it, so text and numbers count as well. */
const isOn = (value: unknown): boolean => new RegExp(`^(?:${yes})$`).test(String(value));

/** Options of the API server and the kubelet that no node may have. */
const forbiddenArgs = [
  on("anonymous-auth"),
  /^authorization-mode=(?:.*,)?AlwaysAllow/,
  /^insecure-port=[1-9]/,
  /^enable-admission-plugins=.*AlwaysAdmit/,
  /^read-only-port=[1-9]/,
  on("profiling"),
];

/** Keys of `config.yaml` that only servers have: what joins a cluster with one of them is a server, too. */
const serverKeys = [
  "cluster-init",
  "secrets-encryption",
  "write-kubeconfig-mode",
  "flannel-backend",
  "cluster-cidr",
  "service-cidr",
  "tls-san",
  "disable",
  "kube-apiserver-arg",
  "kube-controller-manager-arg",
  "etcd-expose-metrics",
];

/**
 * What is wrong with a K3s `config.yaml`. Pure.
 * @param kind of the node, where the script says so; else its keys tell
 */
export function k3sFaults(
  config: Json,
  { stack, settings }: Pick<Context, "stack" | "settings">,
  kind?: string,
): Fault[] {
  const faults: Fault[] = [];
  const demand = (holds: boolean, fault: Fault) => {
    if (!holds) faults.push(fault);
  };
  const joins = config.server !== undefined && !serverKeys.some((key) => key in config);
  const agent = kind === undefined ? joins : kind === "agent";
  if (!agent) {
    demand(isOn(config["secrets-encryption"]), {
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
    demand(!isOn(config["disable-network-policy"]), {
      path: "disable-network-policy",
      message: "is true: no network policy is enforced",
    });
    demand(!isOn(config["disable-kube-proxy"]), {
      path: "disable-kube-proxy",
      message: "is true: Services do not work",
    });
  }
  demand(isOn(config["protect-kernel-defaults"]), {
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

/** The `config.yaml` inside a script that configures a node, and that node's kind. Its tokens stand elsewhere in the script. */
function configIn(text: string): { config: Json; kind: string | undefined } | undefined {
  const match = /^CONFIG='((?:[^']|'\\'')*)'$/m.exec(text);
  if (!match?.[1]) return undefined;
  const [, kind] = /^KIND=(server|agent)$/m.exec(text) ?? [];
  const config = object(parse(match[1].replaceAll("'\\''", "'"), asKubernetesReads));
  return { config, kind };
}

const target = "/etc/rancher/k3s/config\\.yaml";
/** A redirection, `tee`, a file of cloud-init: ways to write K3s's configuration that are not read here. */
const written = new RegExp(`(?:>|\\btee\\b[^\\n|;]*\\s|\\bpath:)\\s*["']?${target}`);
const copied = new RegExp(`^${target}`);

/** Where a resource writes K3s's configuration in another way than by a script of ours. */
const elsewhere = (props: Json): string[] => [
  ...["create", "update", "stdin", "userData"].filter((key) =>
    [String(props[key] ?? ""), Buffer.from(String(props[key] ?? ""), "base64").toString()].some((text) =>
      written.test(text),
    ),
  ),
  ...["remotePath"].filter((key) => copied.test(String(props[key] ?? ""))),
];

const isHost = (subject: Subject) => subject.type.startsWith("command:") || isInstance(subject);

export const k3sConfig: Rule = {
  name: "k3s-config",
  description:
    "K3s encrypts its secrets and its pod network, makes its kubeconfig readable to root only, and accepts no anonymous requests.",
  severity: "critical",
  why: "these keys decide who is cluster admin and who reads every Secret, whatever the objects in the cluster say",
  fix: "take the key out of sophia-infra:k3s.extraConfig, so that k3s/config/config.ts decides",
  evaluate(subject, context) {
    if (!isHost(subject)) return [];
    // Scripts are secret for the tokens in them; of these no message says anything.
    const open = object(revealed(subject.props));
    const found = ["create", "update", "stdin"].flatMap((key) => configIn(String(open[key] ?? "")) ?? []);
    const faults = found.flatMap(({ config, kind }) => k3sFaults(config, context, kind));
    return [
      ...faults.map(({ path, message }) => ({ path: "config.yaml", message: `${path} ${message}` })),
      ...elsewhere(open).map((path) => ({
        path,
        message:
          "writes K3s's config.yaml by other means than k3s/node/scripts.ts: what it says cannot be judged",
      })),
    ];
  },
};
