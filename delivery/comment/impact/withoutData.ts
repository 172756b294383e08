import { dynamic } from "../../resources.ts";

const again = "created again by the program with the same content";
const kubernetes = (...types: string[]) => types.map((type) => `kubernetes:${type}`);

const reasons: [why: string, types: string[]][] = [
  [
    again,
    kubernetes(
      "core/v1:ConfigMap",
      "core/v1:LimitRange",
      "core/v1:ResourceQuota",
      "core/v1:ServiceAccount",
      "policy/v1:PodDisruptionBudget",
      "rbac.authorization.k8s.io/v1:ClusterRole",
      "rbac.authorization.k8s.io/v1:ClusterRoleBinding",
      "rbac.authorization.k8s.io/v1:Role",
      "rbac.authorization.k8s.io/v1:RoleBinding",
      "admissionregistration.k8s.io/v1:MutatingWebhookConfiguration",
      "admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy",
      "admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding",
      "admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration",
    ),
  ],
  ["its values are in ESC or in the state", kubernetes("core/v1:Secret")],
  ["the number of replicas stays as it is", kubernetes("autoscaling/v2:HorizontalPodAutoscaler")],
  ["a record of a launch, which is deleted with its machine", [dynamic("lambda:InstanceClaim")]],
  ["hosts keep the keys that they accept; the next launch has its own", [dynamic("lambda:SshKey")]],
  ["whoever used the tunnel is gone; opened again with the same key", [dynamic("k3s:TunnelClosing")]],
  ["part of a name; the next one renames in place", ["random:index/randomId:RandomId"]],
  [
    "read from the host or cluster again",
    ["HostKey", "Identity", "Kubeconfig"].map((name) => dynamic(`k3s:${name}`)),
  ],
  [
    "created again; Kubernetes is configured to trust the new one",
    [dynamic("services:SelfSignedCertificate")],
  ],
  ["created again; Redis and its clients get the new one", [dynamic("services:CertificateSuccession")]],
  ["removed from the state only: the registry keeps pushed images", ["docker-build:index:Image"]],
  [
    "a provider: it holds no data; default ones change with versions",
    ["command", "docker-build", "pulumi-nodejs", "random"].map((name) => `pulumi:providers:${name}`),
  ],
];

/** Types of resources whose deletion loses no data, with the reason. */
export const withoutData: Readonly<Record<string, string>> = Object.fromEntries(
  reasons.flatMap(([why, types]) => types.map((type) => [type, why])),
);
