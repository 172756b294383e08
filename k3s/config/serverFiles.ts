import { stringify } from "yaml";

const yaml = (value: unknown) => stringify(value, { lineWidth: 0 });

/**
 * Pod Security "restricted" is the default of every namespace. kube-system is exempt: K3s's components run there.
 * Without limits for EventRateLimit in this file the API server does not start.
 */
const admission = {
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AdmissionConfiguration",
  plugins: [
    {
      name: "PodSecurity",
      configuration: {
        apiVersion: "pod-security.admission.config.k8s.io/v1",
        kind: "PodSecurityConfiguration",
        defaults: {
          enforce: "restricted",
          "enforce-version": "latest",
          audit: "restricted",
          "audit-version": "latest",
          warn: "restricted",
          "warn-version": "latest",
        },
        exemptions: { usernames: [], runtimeClasses: [], namespaces: ["kube-system"] },
      },
    },
    {
      name: "EventRateLimit",
      configuration: {
        apiVersion: "eventratelimit.admission.k8s.io/v1alpha1",
        kind: "Configuration",
        limits: [
          { type: "Server", qps: 5000, burst: 20000 },
          { type: "Namespace", qps: 100, burst: 500, cacheSize: 2000 },
        ],
      },
    },
  ],
};

/** Who read or changed what, without the content of secrets, and without the routine requests of nodes and controllers. */
const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    { level: "None", nonResourceURLs: ["/healthz*", "/readyz*", "/livez*", "/version", "/openapi/*"] },
    { level: "None", resources: [{ group: "", resources: ["events"] }] },
    { level: "None", resources: [{ group: "coordination.k8s.io", resources: ["leases"] }] },
    {
      level: "None",
      userGroups: ["system:nodes", "system:serviceaccounts:kube-system"],
      verbs: ["get", "list", "watch"],
    },
    {
      level: "None",
      users: [
        "system:kube-controller-manager",
        "system:kube-scheduler",
        "system:kube-proxy",
        "system:apiserver",
      ],
      verbs: ["get", "list", "watch", "update"],
    },
    { level: "Metadata" },
  ],
};

/** Files of a server that its `config.yaml` names. A change restarts the server. */
export const serverFiles = {
  admission: { path: "/etc/rancher/k3s/admission.yaml", text: yaml(admission) },
  auditPolicy: { path: "/etc/rancher/k3s/audit-policy.yaml", text: yaml(auditPolicy) },
} as const;
