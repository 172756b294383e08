import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../components/core/base.ts";
import type { Peer } from "../components/network/addresses.ts";
import type { AnySecretName } from "../components/settings/environment/secrets.ts";
import { secretFilesFor } from "../components/settings/environment/variables.ts";
import type { CatalogEntry } from "./catalog/index.ts";
import { egressRules } from "./egress.ts";
import { dns, type McpSettings, podSpec } from "./pod.ts";

/** What a server is given from outside; it knows nothing of where it came from. */
export interface McpServerArgs {
  entry: CatalogEntry;
  settings: McpSettings;
  namespace: pulumi.Input<string>;
  /** The stack's hosts, as shown by `list_hosts`. */
  hosts: pulumi.Input<unknown[]>;
  /** Where Kubernetes's API really listens, behind its Service. */
  apiServers: pulumi.Input<Peer[]>;
  lambda: { apiUrl: string };
  /** Values of the secrets that servers may read. A change restarts the servers that read it. */
  secrets: Partial<Record<AnySecretName, pulumi.Input<string>>>;
}

/**
 * One MCP server of the catalog on the MCP node: Deployment, Service, account, its own Secret, and a network policy
 * that lets out only what the entry names; Nginx alone gets in, by the namespace's policies. Changes roll without a lost request; a change of the name
 * is a new server.
 */
export class McpServer extends Component {
  readonly name: string;
  /** Path below which Nginx serves it. */
  readonly path: string;
  /** How Nginx reaches it. */
  readonly route: {
    path: string;
    kind: "sse";
    host: pulumi.Output<string>;
    port: number;
    upstreamPath: string;
  };

  constructor(name: string, args: McpServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mcp:McpServer", name, opts);
    const { entry, settings } = args;
    const labels = { "app.kubernetes.io/name": dns(entry.name), "app.kubernetes.io/part-of": "sophia-mcp" };
    const metadata = { name: dns(entry.name), namespace: args.namespace, labels };
    const files = Object.entries(secretFilesFor(`mcp/${entry.name}`)).map(([file, secret]) => {
      const value = args.secrets[secret];
      if (value === undefined)
        throw new Error(`${entry.name} needs the secret ${secret}, which was not given`);
      return { file, value };
    });
    const secretValues = pulumi.secret(pulumi.all(files.map(({ value }) => pulumi.output(value))));

    const account = new k8s.core.v1.ServiceAccount(
      this.childName("account"),
      { metadata, automountServiceAccountToken: false },
      this.child(),
    );
    const reader = entry.kubernetes ? this.#clusterReader(metadata, entry.kubernetes.resources, account) : [];
    const secret = new k8s.core.v1.Secret(
      this.childName("secret"),
      {
        metadata,
        stringData: secretValues.apply((values) =>
          Object.fromEntries(files.map(({ file }, index) => [file, values[index] ?? ""])),
        ),
      },
      this.child(),
    );
    const config = new k8s.core.v1.ConfigMap(
      this.childName("config"),
      { metadata, data: { "hosts.json": pulumi.output(args.hosts).apply((hosts) => JSON.stringify(hosts)) } },
      this.child(),
    );
    const policy = new k8s.networking.v1.NetworkPolicy(
      this.childName("policy"),
      {
        metadata,
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ["Egress"],
          egress: pulumi
            .output(args.apiServers)
            .apply((apiServers) => egressRules(entry, apiServers, args.lambda.apiUrl)),
        },
      },
      this.child(),
    );
    new k8s.policy.v1.PodDisruptionBudget(
      this.childName("budget"),
      { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: labels } } },
      this.child(),
    );
    // Pods read mounted values without a restart only some minutes later: a digest in the template rolls them at once.
    const checksum = pulumi.all([secretValues, config.data]).apply(async ([values, data]) => {
      const { createHash } = await import("node:crypto");
      return createHash("sha256")
        .update(JSON.stringify([values, data]))
        .digest("hex")
        .slice(0, 16);
    });
    const deployment = new k8s.apps.v1.Deployment(
      this.childName("deployment"),
      {
        metadata,
        spec: {
          replicas: entry.replicas,
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          selector: { matchLabels: labels },
          template: {
            metadata: { labels, annotations: { "sophia.ai/config": pulumi.unsecret(checksum) } },
            spec: podSpec(entry, settings, args.lambda.apiUrl, account.metadata.name),
          },
        },
      },
      this.child({ dependsOn: [secret, config, policy, ...reader] }),
    );
    const service = new k8s.core.v1.Service(
      this.childName("service"),
      { metadata, spec: { selector: labels, ports: [{ name: "mcp", port: entry.port, targetPort: "mcp" }] } },
      this.child({ dependsOn: [deployment] }),
    );
    this.name = entry.name;
    this.path = `/mcp/${entry.name}`;
    this.route = {
      path: this.path,
      kind: "sse",
      host: pulumi.interpolate`${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local`,
      port: entry.port,
      upstreamPath: entry.path,
    };
    this.registerOutputs({ path: this.path });
  }

  #clusterReader(
    metadata: { name: string; labels: Record<string, string> },
    resources: string[],
    account: k8s.core.v1.ServiceAccount,
  ): pulumi.Resource[] {
    const clusterWide = { name: `mcp-${metadata.name}`, labels: metadata.labels };
    const role = new k8s.rbac.v1.ClusterRole(
      this.childName("role"),
      { metadata: clusterWide, rules: [{ apiGroups: [""], resources, verbs: ["get", "list"] }] },
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
    return [role, binding];
  }
}
