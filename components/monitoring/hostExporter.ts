import type { types } from "@pulumi/kubernetes";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Scope } from "../core/base.ts";
import { hostExporter } from "../network/names.ts";
import { restrictedContainer, restrictedPod } from "../services/restricted.ts";
import { containerEnvironment } from "../settings/environment/uses.ts";

/** A host of the stack, by the address that pods reach it at. */
export interface MonitoredHost {
  name: string;
  address: pulumi.Input<string>;
}

const name = hostExporter["app.kubernetes.io/name"];
const port = 8080;
const folder = "/etc/sophia";

/** Asks the hosts' health services for each scrape, in Pod Security's "restricted" terms. Pure. */
export const hostExporterPod = (image: pulumi.Input<string>): types.input.core.v1.PodSpec => ({
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  nodeSelector: { "sophia.ai/role-data": "true" },
  securityContext: restrictedPod({ volumes: false }),
  containers: [
    {
      name: "exporter",
      image,
      command: ["node", "exporter/main.ts"],
      env: containerEnvironment<string>(["host-exporter"], {
        PORT: String(port),
        SOPHIA_HOSTS_FILE: `${folder}/hosts.json`,
      }),
      ports: [{ name: "metrics", containerPort: port }],
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

/** The exporter of the hosts' health. It reads the list of hosts for each scrape: a change of it restarts nothing. */
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
  const deployment = new k8s.apps.v1.Deployment(
    childName("host-exporter"),
    {
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: hostExporter },
        template: { metadata: { labels: hostExporter }, spec: hostExporterPod(args.image) },
      },
    },
    child({ dependsOn: [list] }),
  );
  new k8s.core.v1.Service(
    childName("host-exporter-service"),
    { metadata, spec: { selector: hostExporter, ports: [{ name: "metrics", port, targetPort: "metrics" }] } },
    child({ dependsOn: [deployment] }),
  );
}
