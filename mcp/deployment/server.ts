import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import { digest } from "../../components/core/digest.ts";
import { type McpServerArgs, serverObjects } from "./objects.ts";
import { addressAtOnce, digestOf } from "./pod.ts";
import { disruptionBudget, sizedByAutoscaler } from "./scaling.ts";

type Objects = ReturnType<typeof serverObjects>;

/**
 * One MCP server of the catalog on the MCP node: Deployment, Service, service account, its own Secret, and a network
 * policy with the egress of its entry; only Nginx and the gateway may connect to it, by the namespace's policies. A change
 * rolls without a failed request, unless the server has a volume, or a third-party server's call needs longer than its
 * program waits; a client of the 2025 revision at the own path of a server with sessions, as every bridged one is, must
 * then begin a new session. A change of the name creates a new server.
 */
export class McpServer extends Component {
  readonly name: string;
  /** DNS name inside the cluster; known before the server responds. */
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** Address of its Service: known before the server responds, and stable while the Service exists. */
  readonly address: pulumi.Output<string>;
  /** Digest of the pod template, the catalog entry, the endpoints and the network policy. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: McpServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mcp:McpServer", name, opts);
    const { entry } = args;
    const objects = serverObjects(args);
    const { metadata, readsHosts } = objects;
    const secrets = pulumi.secret(pulumi.all(objects.secrets));
    const hosts = pulumi.output(args.hosts).apply((all) => JSON.stringify(all));
    // The kubelet updates mounted values only after some minutes: a digest in the template rolls the pods at once.
    const checksum = pulumi
      .all([secrets, readsHosts ? hosts : ""])
      .apply((values) => digest(JSON.stringify(values)));

    const account = new k8s.core.v1.ServiceAccount(
      this.childName("account"),
      { metadata, automountServiceAccountToken: false },
      this.child(),
    );
    const template = objects.template(account.metadata.name, pulumi.unsecret(checksum));
    this.#workload(objects, template, [
      ...this.#access(objects, account),
      ...this.#storage(objects, secrets, hosts),
      ...(args.after ?? []),
    ]);
    const service = new k8s.core.v1.Service(
      this.childName("service"),
      { metadata: { ...metadata, annotations: addressAtOnce }, spec: objects.service },
      this.child(),
    );
    this.name = entry.name;
    this.host = pulumi.interpolate`${metadata.name}.${args.namespace}.svc.cluster.local`;
    this.port = entry.port;
    this.address = service.spec.clusterIP;
    this.digest = digestOf(template, entry, args.urls, objects.policy);
    this.registerOutputs({ host: this.host });
  }

  /** What the server may reach, and what it may read of Kubernetes. */
  #access(
    { metadata, policy, clusterRole }: Objects,
    account: k8s.core.v1.ServiceAccount,
  ): pulumi.Resource[] {
    const egress = new k8s.networking.v1.NetworkPolicy(
      this.childName("policy"),
      { metadata, spec: policy },
      this.child(),
    );
    if (!clusterRole) return [egress];
    const clusterWide = { name: `mcp-${metadata.name}`, labels: metadata.labels };
    const role = new k8s.rbac.v1.ClusterRole(
      this.childName("role"),
      { metadata: clusterWide, rules: clusterRole },
      this.child(),
    );
    const binding = new k8s.rbac.v1.ClusterRoleBinding(
      this.childName("binding"),
      {
        metadata: clusterWide,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
        subjects: [
          { kind: "ServiceAccount", name: account.metadata.name, namespace: account.metadata.namespace },
        ],
      },
      this.child(),
    );
    return [egress, binding];
  }

  /** What the pods mount, except for the volume. */
  #storage(
    objects: Objects,
    secrets: pulumi.Input<Record<string, pulumi.Input<string>>>,
    hosts: pulumi.Input<string>,
  ): pulumi.Resource[] {
    const { metadata, readsHosts } = objects;
    const made: pulumi.Resource[] = [];
    if (readsHosts) {
      const data = { "hosts.json": hosts };
      made.push(new k8s.core.v1.ConfigMap(this.childName("config"), { metadata, data }, this.child()));
    }
    if (Object.keys(objects.secrets).length > 0) {
      const values = { metadata, stringData: secrets };
      made.push(new k8s.core.v1.Secret(this.childName("secret"), values, this.child()));
    }
    return made;
  }

  /** The Deployment, its disruption budget and its autoscaler. */
  #workload(
    { metadata, selector, deployment: spec, scaling }: Objects,
    template: k8s.types.input.core.v1.PodTemplateSpec,
    dependsOn: pulumi.Resource[],
  ): void {
    const deployment = new k8s.apps.v1.Deployment(
      this.childName("deployment"),
      { metadata, spec: spec(template) },
      this.child({ dependsOn, ...(scaling && sizedByAutoscaler) }),
    );
    new k8s.policy.v1.PodDisruptionBudget(
      this.childName("budget"),
      { metadata, spec: disruptionBudget(selector) },
      this.child(),
    );
    if (scaling) {
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        this.childName("autoscaler"),
        { metadata, spec: scaling },
        this.child({ dependsOn: [deployment] }),
      );
    }
  }
}
