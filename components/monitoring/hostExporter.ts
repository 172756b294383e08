import type { types } from "@pulumi/kubernetes";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Scope } from "../core/base.ts";
import { hostExporter } from "../network/names.ts";
import { restrictedContainer, restrictedPod } from "../services/restricted.ts";
import { containerEnvironment } from "../settings/environment/uses.ts";

/** A host of the stack. */
export interface MonitoredHost {
  name: string;
  /** Its Kubernetes node. */
  node: string;
  /** Where pods on it reach its health service. */
  address: pulumi.Input<string>;
  /** US dollars. */
  hourlyUsd: pulumi.Input<number>;
}

const name = hostExporter["app.kubernetes.io/name"];
/** Where the exporter serves its metrics. */
export const hostExporterPort = 8080;
const folder = "/etc/sophia";

/** Asks the health service of the host that it runs on for each scrape, in Pod Security's "restricted" terms. Pure. */
const hostExporterPod = (image: pulumi.Input<string>): types.input.core.v1.PodSpec => ({
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  // Every host has a health, whatever it is kept for.
  tolerations: [{ operator: "Exists" }],
  securityContext: restrictedPod({ volumes: false }),
  containers: [
    {
      name: "exporter",
      image,
      command: ["node", "exporter/main.ts"],
      env: [
        ...containerEnvironment<string>(["host-exporter"], {
          PORT: String(hostExporterPort),
          SOPHIA_HOSTS_FILE: `${folder}/hosts.json`,
        }),
        { name: "SOPHIA_NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
      ],
      ports: [{ name: "metrics", containerPort: hostExporterPort }],
      resources: {
        requests: { cpu: "10m", memory: "64Mi" },
        limits: { cpu: "250m", memory: "128Mi" },
      },
      securityContext: restrictedContainer,
      startupProbe: {
        httpGet: { path: "/healthz", port: "metrics" },
        periodSeconds: 1,
        failureThreshold: 90,
      },
      readinessProbe: { httpGet: { path: "/healthz", port: "metrics" }, periodSeconds: 5, timeoutSeconds: 5 },
      livenessProbe: { httpGet: { path: "/healthz", port: "metrics" }, periodSeconds: 10, timeoutSeconds: 5 },
      volumeMounts: [{ name: "hosts", mountPath: folder, readOnly: true }],
    },
  ],
  volumes: [{ name: "hosts", configMap: { name } }],
});

/**
 * The exporter of the hosts' health, one on each host: Lambda's firewall lets nobody else ask. It reads the list of hosts
 * for each scrape: a change of it restarts nothing.
 */
export function runHostExporter(
  { childName, child }: Scope,
  args: { hosts: readonly MonitoredHost[]; image: pulumi.Input<string>; namespace: pulumi.Input<string> },
): void {
  const metadata = { name, namespace: args.namespace, labels: hostExporter };
  const list = new k8s.core.v1.ConfigMap(
    childName("hosts"),
    {
      metadata,
      data: { "hosts.json": pulumi.output([...args.hosts]).apply((hosts) => JSON.stringify(hosts)) },
    },
    child(),
  );
  new k8s.apps.v1.DaemonSet(
    childName("host-exporter"),
    {
      metadata,
      spec: {
        selector: { matchLabels: hostExporter },
        // They do not stand in for each other: all at once is over soonest.
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
        template: { metadata: { labels: hostExporter }, spec: hostExporterPod(args.image) },
      },
    },
    child({ dependsOn: [list] }),
  );
}
