import { unknown } from "../../../../policies/engine/values.ts";
import { kubernetes } from "../fixtures.ts";
import { binding, type Case, ingress, namespace, role, saying, service, workload } from "./subjects.ts";

const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
const aggregate = (clusterRoleSelectors: unknown) =>
  kubernetes({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "one" },
    aggregationRule: { clusterRoleSelectors },
  });

export const clusterCases: Record<string, Case> = {
  "ingress-tls": {
    violating: {
      none: ingress([]),
      "no host named": saying("spec.tls: is not set", ingress([], [{ http: {} }])),
      "for one of two hosts": ingress(
        [{ hosts: ["one.test"], secretName: "tls" }],
        [{ host: "one.test" }, { host: "two.test" }],
      ),
      "a wildcard for another domain": ingress([{ hosts: ["*.other"], secretName: "tls" }]),
      "a name that ends like a wildcard": ingress([{ hosts: ["x.test"], secretName: "tls" }]),
      "hosts that are no list": ingress([{ hosts: "sophia.test" }]),
      "for another host": ingress([{ hosts: ["other.test"], secretName: "tls" }]),
    },
    clean: {
      "for the host": ingress([{ hosts: ["sophia.test"], secretName: "tls" }]),
      "several names": ingress(
        [{ hosts: ["one.test", "two.test"] }, { hosts: ["three.test"] }],
        [{ host: "one.test" }, { host: "two.test" }, { host: "three.test" }],
      ),
      "not known yet": ingress(unknown),
      "hosts that are not known yet": ingress([], unknown),
      "by a wildcard": ingress([{ hosts: ["*.test"], secretName: "tls" }]),
    },
  },
  "namespace-pod-security": {
    violating: {
      "no label": namespace(undefined),
      "an old version": saying(
        "enforce-version is v1.18",
        namespace({ ...restricted, "pod-security.kubernetes.io/enforce-version": "v1.18" }),
      ),
      privileged: namespace({ "pod-security.kubernetes.io/enforce": "privileged" }),
    },
    clean: {
      restricted: namespace(restricted),
      ...Object.fromEntries(
        ["latest", unknown].map((version) => [
          `restricted in the version ${String(version)}`,
          namespace({ ...restricted, "pod-security.kubernetes.io/enforce-version": version }),
        ]),
      ),
      "labels that are not known yet": namespace(unknown),
      "a label that is not known yet": namespace({ "pod-security.kubernetes.io/enforce": unknown }),
    },
  },
  "least-api-access": {
    violating: {
      "every verb": saying(
        "rules[1].verbs: is a wildcard",
        role("Role", [{ verbs: ["get"] }, { verbs: ["get", "*"] }]),
      ),
      "every resource": saying(
        "rules[0].resources: is a wildcard",
        role("ClusterRole", [{ resources: ["*"] }]),
      ),
      "every resource and what is below": saying(
        "rules[0].resources:",
        role("Role", [{ resources: ["*/*"] }]),
      ),
      ...Object.fromEntries(
        ["escalate", "bind", "impersonate"].map((verb) => [
          `the verb ${verb}`,
          saying(`rules[0].verbs: holds ${verb}`, role("ClusterRole", [{ verbs: ["get", verb] }])),
        ]),
      ),
      ...Object.fromEntries(
        [{}, null, { matchLabels: {} }, { matchExpressions: [] }].map((empty) => [
          `roles by the selector ${JSON.stringify(empty)}`,
          saying("aggregationRule: takes", aggregate([{ matchLabels: { a: "b" } }, empty])),
        ]),
      ),
      "a cluster administrator": binding("ClusterRoleBinding", "cluster-admin"),
      "an administrator of a namespace": binding("RoleBinding", "cluster-admin"),
      "the default account": workload("Deployment", { automountServiceAccountToken: undefined }),
      "the default account by name": workload("Deployment", {
        serviceAccountName: "default",
        automountServiceAccountToken: undefined,
      }),
      ...Object.fromEntries(
        [null, ""].map((serviceAccountName) => [
          `the default account by ${JSON.stringify(serviceAccountName)}`,
          workload("Deployment", { serviceAccountName, automountServiceAccountToken: undefined }),
        ]),
      ),
      "its token on purpose": workload("Pod", { automountServiceAccountToken: true }),
    },
    clean: {
      "named verbs": role("Role", [
        { verbs: ["get", unknown, "constructor"], resources: ["pods", "pods/*"] },
      ]),
      "roles by a label": aggregate([{ matchLabels: { a: "b" } }]),
      "roles by an expression": aggregate([{ matchExpressions: [{ key: "a", operator: "Exists" }] }]),
      "roles by conditions that are not known yet": aggregate([{ matchLabels: unknown }]),
      "roles by a selector that is not known yet": aggregate([unknown]),
      "roles by selectors that are not known yet": aggregate(unknown),
      "verbs that are not known yet": role("Role", [{ verbs: unknown }]),
      "a narrow role": binding("RoleBinding", "view"),
      "an account of its own": workload("Deployment", {
        serviceAccountName: "one",
        automountServiceAccountToken: undefined,
      }),
      "no token": workload("Deployment", { automountServiceAccountToken: false }),
      "not known yet": workload("Deployment", { automountServiceAccountToken: unknown }),
      "an account that is not known yet": workload("Deployment", {
        serviceAccountName: unknown,
        automountServiceAccountToken: undefined,
      }),
    },
  },
  "single-ingress": {
    violating: {
      "a load balancer": service("ingress", { type: "LoadBalancer" }),
      "a port of the nodes": service("data", { type: "NodePort" }),
      "addresses of hosts": service("ingress", { externalIPs: ["192.0.2.1"] }),
    },
    clean: {
      "a Service inside": service("data", { type: "ClusterIP", externalIPs: [] }),
      "Nginx's": service("ingress", { type: "NodePort" }),
    },
  },
};
