import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../core/base.ts";
import { digest } from "../../core/digest.ts";
import { dcgmExporter, gpuMetrics } from "../../network/names.ts";
import type { Settings } from "../../settings/schema.ts";
import { SelfSignedCertificate } from "../certificate.ts";
import { apiPod, apiPorts, apiVersion, type McpTargets } from "./api.ts";
import { counters, exporterPod, exporterPort, exporterService } from "./exporter.ts";

export interface GpuMetricsArgs {
  /** Section `gpu.autoscaling`. */
  settings: Settings["gpu"]["autoscaling"];
  /** Image of the family `monitoring`. A change rolls the API; autoscalers wait meanwhile. */
  image: pulumi.Input<string>;
  /** MCP servers whose health it reports to Prometheus, too. A change rolls it. */
  mcp: McpTargets;
  /** `gpu` is where the exporters run, `monitoring` where the API, `mcp` where those whose GPUs are asked for. */
  namespaces: Record<"gpu" | "monitoring" | "mcp", pulumi.Input<string>>;
}

const api = gpuMetrics["app.kubernetes.io/name"];
const exporter = dcgmExporter["app.kubernetes.io/name"];

/**
 * How busy GPUs are, for horizontal pod autoscalers: NVIDIA's DCGM exporter on every host with GPUs, and an aggregated
 * API of ours that answers Kubernetes with the percent of the GPU of each pod, and Prometheus with how every MCP server
 * is. It holds no state; while it is away autoscalers leave everything as it is.
 */
export class GpuMetrics extends Component {
  /** Known only when Kubernetes has the API. */
  readonly ready: pulumi.Output<boolean>;

  constructor(name: string, args: GpuMetricsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:GpuMetrics", name, opts);
    const exporters = this.#exporters(args);
    const certificate = new SelfSignedCertificate(
      this.childName("certificate"),
      { names: [`${api}.monitoring.svc`] },
      this.child(),
    );
    const service = this.#api(args, certificate, exporters);
    const registration = new k8s.apiregistration.v1.APIService(
      this.childName("registration"),
      {
        metadata: { name: `${apiVersion.version}.${apiVersion.group}` },
        spec: {
          ...apiVersion,
          groupPriorityMinimum: 100,
          versionPriority: 100,
          service: { name: service.metadata.name, namespace: service.metadata.namespace, port: 443 },
          caBundle: certificate.certificate.apply((pem) => Buffer.from(pem).toString("base64")),
        },
      },
      this.child({ dependsOn: [service] }),
    );
    this.ready = registration.id.apply(() => true);
    this.registerOutputs({ ready: this.ready });
  }

  /** @returns URL at which all of them answer */
  #exporters({ settings, namespaces }: GpuMetricsArgs): pulumi.Output<string> {
    const metadata = { name: exporter, namespace: namespaces.gpu, labels: dcgmExporter };
    const config = new k8s.core.v1.ConfigMap(
      this.childName("counters"),
      { metadata, data: { "counters.csv": counters } },
      this.child(),
    );
    const pods = new k8s.apps.v1.DaemonSet(
      this.childName("exporter"),
      {
        metadata,
        spec: {
          selector: { matchLabels: dcgmExporter },
          template: {
            metadata: { labels: dcgmExporter, annotations: { "sophia.ai/config": digest(counters) } },
            spec: exporterPod(settings.exporterImage, exporter),
          },
        },
      },
      this.child({ dependsOn: [config] }),
    );
    const service = new k8s.core.v1.Service(
      this.childName("exporter-service"),
      { metadata, spec: exporterService },
      this.child({ dependsOn: [pods] }),
    );
    return pulumi.interpolate`http://${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local:${exporterPort}/metrics`;
  }

  #api(
    { image, namespaces, mcp }: GpuMetricsArgs,
    { certificate, key }: SelfSignedCertificate,
    exporters: pulumi.Output<string>,
  ): k8s.core.v1.Service {
    const metadata = { name: api, namespace: namespaces.monitoring, labels: gpuMetrics };
    const secret = new k8s.core.v1.Secret(
      this.childName("secret"),
      {
        metadata,
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate, "tls.key": pulumi.secret(key) },
      },
      this.child(),
    );
    const account = new k8s.core.v1.ServiceAccount(
      this.childName("account"),
      { metadata, automountServiceAccountToken: false },
      this.child(),
    );
    const rights = this.#rights(account, namespaces.mcp);
    const deployment = new k8s.apps.v1.Deployment(
      this.childName("api"),
      {
        metadata,
        spec: {
          replicas: 1,
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          selector: { matchLabels: gpuMetrics },
          template: {
            // A new certificate rolls it: it reads its files at the start.
            metadata: {
              labels: gpuMetrics,
              annotations: { "sophia.ai/config": certificate.apply(digest) },
            },
            spec: apiPod({
              image,
              account: account.metadata.name,
              secret: secret.metadata.name,
              exporters,
              mcp,
            }),
          },
        },
      },
      this.child({ dependsOn: rights }),
    );
    return new k8s.core.v1.Service(
      this.childName("service"),
      {
        metadata,
        spec: { selector: gpuMetrics, ports: [{ name: "api", port: 443, targetPort: apiPorts.api }] },
      },
      this.child({ dependsOn: [deployment] }),
    );
  }

  /** To read who Kubernetes's front proxy is, and the names of the MCP servers' pods; nothing else. */
  #rights(account: k8s.core.v1.ServiceAccount, mcp: pulumi.Input<string>): pulumi.Resource[] {
    const subjects = [
      { kind: "ServiceAccount", name: account.metadata.name, namespace: account.metadata.namespace },
    ];
    const roleRef = (roleName: pulumi.Input<string>) => ({
      apiGroup: "rbac.authorization.k8s.io",
      kind: "Role",
      name: roleName,
    });
    const frontProxy = new k8s.rbac.v1.RoleBinding(
      this.childName("front-proxy"),
      {
        metadata: { name: api, namespace: "kube-system", labels: gpuMetrics },
        roleRef: roleRef("extension-apiserver-authentication-reader"),
        subjects,
      },
      this.child(),
    );
    const metadata = { name: api, namespace: mcp, labels: gpuMetrics };
    const role = new k8s.rbac.v1.Role(
      this.childName("role"),
      { metadata, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }] },
      this.child(),
    );
    const pods = new k8s.rbac.v1.RoleBinding(
      this.childName("binding"),
      { metadata, roleRef: roleRef(role.metadata.name), subjects },
      this.child(),
    );
    return [frontProxy, pods];
  }
}
