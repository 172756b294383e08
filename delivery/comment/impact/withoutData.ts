const again = "made again by the program, as it was";
const dynamic = (type: string) => `pulumi-nodejs:dynamic/${type}`;
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
      "admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration",
    ),
  ],
  ["its values are in ESC or in the state", kubernetes("core/v1:Secret")],
  ["replicas stay as many as they are", kubernetes("autoscaling/v2:HorizontalPodAutoscaler")],
  ["a note of what is launched, which goes with its machine", [dynamic("lambda:InstanceClaim")]],
  ["hosts keep the keys that they take; the next launch brings its own", [dynamic("lambda:SshKey")]],
  ["what a host or cluster says of itself, asked again", [dynamic("k3s:HostKey"), dynamic("k3s:Identity")]],
  ["made again; Kubernetes is told to trust the new one", [dynamic("services:SelfSignedCertificate")]],
  ["only Pulumi forgets it: the registry keeps what was pushed", ["docker-build:index:Image"]],
  [
    "code that speaks to others; default ones come and go with versions",
    ["command", "docker-build", "pulumi-nodejs", "random"].map((name) => `pulumi:providers:${name}`),
  ],
];

/** Types whose loss loses nothing that the program does not bring back, and why that is so. */
export const withoutData: Readonly<Record<string, string>> = Object.fromEntries(
  reasons.flatMap(([why, types]) => types.map((type) => [type, why])),
);
