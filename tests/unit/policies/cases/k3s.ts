import { unknown } from "../../../../policies/engine/values.ts";
import { resource } from "../fixtures.ts";
import { type Case, config, goodConfig, inStack, saying } from "./subjects.ts";

const k3sFile = "rancher/k3s/config.yaml";
const userData = (text: string) => resource({ userData: text }, "pulumi-nodejs:dynamic/lambda:Instance");

export const k3sCases: Record<string, Case> = {
  "k3s-config": {
    violating: {
      "secrets in the clear": config(
        goodConfig.replace("secrets-encryption: true", "secrets-encryption: false"),
      ),
      "kubeconfig for all": config(`${goodConfig}\nwrite-kubeconfig-mode: "0644"`),
      "pods in the clear": config(goodConfig.replace("wireguard-native", "vxlan")),
      "pods in the clear by default": config(goodConfig.replace("flannel-backend: wireguard-native", "")),
      "no network policies": config(`${goodConfig}\ndisable-network-policy: true`),
      ...Object.fromEntries(
        ['"true"', "1", "yes", "t", '"TRUE"'].flatMap((yes) => [
          [`no network policies: ${yes}`, config(`${goodConfig}\ndisable-network-policy: ${yes}`)],
          [`no services: ${yes}`, config(`${goodConfig}\ndisable-kube-proxy: ${yes}`)],
        ]),
      ),
      "no services": config(`${goodConfig}\ndisable-kube-proxy: true`),
      "kernel's defaults changed": config(goodConfig.replace("protect-kernel-defaults: true", "")),
      "a first server that also joins": config(
        "server: x\ncluster-init: true\nprotect-kernel-defaults: true",
        "stdin",
        "",
      ),
      "a further server": config("server: x\nprotect-kernel-defaults: true"),
      ...Object.fromEntries(
        ["secrets-encryption", "write-kubeconfig-mode", "flannel-backend", "cluster-cidr", "service-cidr"]
          .concat(["tls-san", "disable", "kube-apiserver-arg", "kube-controller-manager-arg"])
          .concat(["cluster-init", "etcd-expose-metrics"])
          .map((key) => [
            `what joins with ${key}`,
            config(`server: x\nprotect-kernel-defaults: true\n${key}: x`, "stdin", ""),
          ]),
      ),
      ...Object.fromEntries(
        Object.entries({
          "a here-document": { create: `cat > /etc/${k3sFile} <<END\nx: y\nEND\n` },
          "a here-document that is appended": { update: `cat >>"/etc/${k3sFile}" <<END\nx: y\nEND\n` },
          tee: { stdin: `echo x | sudo tee -a /etc/${k3sFile}` },
          "a directory of more": { create: `echo x > /etc/${k3sFile}.d/more.yaml` },
          "a copied file": { remotePath: `/etc/${k3sFile}` },
        }).map(([what, props]) => [
          what,
          saying("by other means", resource(props, "command:remote:CopyToRemote")),
        ]),
      ),
      "user data": saying("userData: writes", userData(`write_files:\n- path: /etc/${k3sFile}\n`)),
      "user data in base64": userData(
        Buffer.from(`write_files:\n- path: '/etc/${k3sFile}'\n`).toString("base64"),
      ),
      ...Object.fromEntries(
        [
          "anonymous-auth=true",
          "anonymous-auth",
          ...["1", "t", "T", "TRUE", "True"].map((yes) => `anonymous-auth=${yes}`),
          "authorization-mode=AlwaysAllow",
          "authorization-mode=RBAC,AlwaysAllow",
          "insecure-port=8080",
          "enable-admission-plugins=NodeRestriction,AlwaysAdmit",
          "profiling=true",
        ].map((arg) => [arg, config(`${goodConfig}\nkube-apiserver-arg: ["${arg}"]`)]),
      ),
      "an option with dashes": config(`${goodConfig}\nkube-apiserver-arg: --profiling=true`),
      "an option of the kubelet": config(`${goodConfig}\nkubelet-arg: [max-pods=50, read-only-port=10255]`),
      ...Object.fromEntries(
        ["create", "update", "stdin"].map((field) => [
          `in ${field}`,
          config("secrets-encryption: no", field),
        ]),
      ),
      "in quotes": config(`${goodConfig}\nwrite-kubeconfig-mode: '0644'`),
    },
    clean: {
      "as it must be": config(goodConfig),
      "as it must be, in other words": config(goodConfig.replaceAll(": true", ": yes")),
      "what is off": config(`${goodConfig}\ndisable-network-policy: no\ndisable-kube-proxy: "untrue"`),
      "in private": inStack("local", config(goodConfig.replace("wireguard-native", "host-gw"))),
      "kubeconfig for root": config(`${goodConfig}\nwrite-kubeconfig-mode: "600"`),
      "harmless options": config(
        `${goodConfig}\nkube-apiserver-arg: [anonymous-auth=false, audit-log-maxage=30]\nkubelet-arg: max-pods=50`,
      ),
      "words inside other options": config(`${goodConfig}\nkubelet-arg: [x-profiling=true]`),
      "an agent": config(
        "server: https://192.0.2.1:6443\nprotect-kernel-defaults: true",
        "stdin",
        "KIND=agent\n",
      ),
      "what joins": config("server: x\nprotect-kernel-defaults: true", "stdin", ""),
      "what reads it": resource(
        { create: `config=/etc/${k3sFile}; grep x "$config"`, remotePath: "/etc/other" },
        "command:remote:Command",
      ),
      "other user data": userData("write_files:\n- path: /etc/motd\n"),
      "in quotes": config(`${goodConfig}\nwrite-kubeconfig-mode: '0600'`),
      "another command": resource({ create: "echo" }, "command:local:Command"),
      "no command": resource({ create: "CONFIG='secrets-encryption: false'" }),
      "text that is not known yet": resource({ create: unknown, update: 7 }, "command:local:Command"),
    },
  },
};
