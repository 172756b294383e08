import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../components/core/base.ts";
import type { Peer } from "../components/network/addresses.ts";
import type { Settings } from "../components/settings/schema.ts";
import type { DeployedEntry } from "./catalog/index.ts";
import { clientLabels, egressRules, type Urls } from "./egress.ts";
import { environmentOf, type Provided } from "./environment.ts";
import { addressAtOnce, digestOf, dns, podSpec } from "./pod.ts";
import { autoscaler, disruptionBudget, type GpuScaling, gpuAutoscaler, gpuReplicas } from "./scaling.ts";

/** What a server is given from outside; it knows nothing of where it came from. */
export interface McpServerArgs {
  entry: DeployedEntry;
  /** A change of the image, the resources or the server's own variables rolls it. */
  settings: Settings["mcp"];
  /** The image of our own servers and the packages of others. */
  image: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  /** The stack's hosts, as shown by `list_hosts`. */
  hosts: pulumi.Input<unknown[]>;
  /** Where Kubernetes's API really listens, behind its Service. */
  apiServers: pulumi.Input<Peer[]>;
  /** Endpoints beyond the cluster. */
  urls: Urls;
  /** Of it the server gets what it reads. A change of a secret restarts the servers that read it. */
  provided: Provided;
  /** Left out: servers with a GPU slice have their least replicas. A change of it rolls nothing. */
  gpuScaling?: GpuScaling | undefined;
  /** A change concerns new volumes only. */
  storageClass: string;
  /** What starts before its pods. A change does nothing. */
  after?: pulumi.Resource[];
}

/**
 * One MCP server of the catalog on the MCP node: Deployment, Service, account, its own Secret, and a network policy
 * that lets out only what the entry names; Nginx and the gateway alone get in, by the namespace's policies. Changes roll
 * without a lost request, unless the server has a volume; a change of the name is a new server.
 */
export class McpServer extends Component {
  readonly name: string;
  /** How it is reached inside the cluster. The name is known before the server answers. */
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** Of its Service: known before it answers, and the same for as long as the Service is there. */
  readonly address: pulumi.Output<string>;
  /** Digest of what it runs as. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: McpServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mcp:McpServer", name, opts);
    const { entry, settings } = args;
    const own = { "app.kubernetes.io/name": dns(entry.name), "app.kubernetes.io/part-of": "sophia-mcp" };
    const labels = { ...own, ...clientLabels(entry) };
    const metadata = { name: dns(entry.name), namespace: args.namespace, labels: own };
    const variables = {
      PORT: String(entry.port),
      SOPHIA_HOSTS_FILE: "/etc/sophia/hosts.json",
      ...settings.servers[entry.name]?.variables,
    };
    const { plain, secrets } = environmentOf(entry, variables, args.provided, metadata.name);
    const secretValues = pulumi.secret(pulumi.all(secrets));
    const hasSecrets = Object.keys(secrets).length > 0;

    const account = new k8s.core.v1.ServiceAccount(
      this.childName("account"),
      { metadata, automountServiceAccountToken: false },
      this.child(),
    );
    const reader = entry.kubernetes ? this.#clusterReader(metadata, entry.kubernetes.resources, account) : [];
    // Only for who asks for it: another host is no reason to restart the others.
    const readsHosts = plain.some(({ name: variable }) => variable === "SOPHIA_HOSTS_FILE");
    const hosts = pulumi.output(args.hosts).apply((all) => JSON.stringify(all));
    const policy = new k8s.networking.v1.NetworkPolicy(
      this.childName("policy"),
      {
        metadata,
        spec: {
          podSelector: { matchLabels: own },
          policyTypes: ["Egress"],
          egress: pulumi
            .output(args.apiServers)
            .apply((apiServers) => egressRules(entry, apiServers, args.urls)),
        },
      },
      this.child(),
    );
    const parts: pulumi.Resource[] = [policy, ...reader];
    if (readsHosts) {
      parts.push(
        new k8s.core.v1.ConfigMap(
          this.childName("config"),
          { metadata, data: { "hosts.json": hosts } },
          this.child(),
        ),
      );
    }
    if (hasSecrets) {
      parts.push(
        new k8s.core.v1.Secret(
          this.childName("secret"),
          { metadata, stringData: secretValues },
          this.child(),
        ),
      );
    }
    if (entry.volume) {
      parts.push(
        new k8s.core.v1.PersistentVolumeClaim(
          this.childName("volume"),
          {
            metadata,
            spec: {
              accessModes: ["ReadWriteOnce"],
              storageClassName: args.storageClass,
              resources: { requests: { storage: entry.volume.size } },
            },
          },
          this.child(),
        ),
      );
    }
    // Pods read mounted values without a restart only some minutes later: a digest in the template rolls them at once.
    const checksum = pulumi
      .all([secretValues, readsHosts ? hosts : ""])
      .apply((values) => createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 16));
    const scaling = settings.servers[entry.name]?.replicas ?? entry.replicas;
    const autoscaling = autoscalingOf(args, metadata.name, scaling);
    const template = {
      metadata: { labels, annotations: { "sophia.ai/config": pulumi.unsecret(checksum) } },
      spec: podSpec(entry, {
        settings,
        environment: plain,
        hosts: readsHosts,
        files: Object.keys(secrets).some((variable) => variable.endsWith("_FILE")),
        image: imageOf(args),
        account: account.metadata.name,
      }),
    };
    const deployment = new k8s.apps.v1.Deployment(
      this.childName("deployment"),
      {
        metadata,
        spec: {
          // Left out where the autoscaler decides.
          ...(autoscaling ? {} : { replicas: scaling.min }),
          strategy: entry.volume
            ? { type: "Recreate" }
            : { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          selector: { matchLabels: own },
          template,
        },
      },
      this.child({ dependsOn: [...parts, ...(args.after ?? [])] }),
    );
    new k8s.policy.v1.PodDisruptionBudget(
      this.childName("budget"),
      { metadata, spec: disruptionBudget(own) },
      this.child(),
    );
    if (autoscaling) {
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        this.childName("autoscaler"),
        { metadata, spec: autoscaling },
        this.child({ dependsOn: [deployment] }),
      );
    }
    const service = new k8s.core.v1.Service(
      this.childName("service"),
      {
        metadata: { ...metadata, annotations: addressAtOnce },
        spec: { selector: own, ports: [{ name: "mcp", port: entry.port, targetPort: "mcp" }] },
      },
      this.child(),
    );
    this.name = entry.name;
    this.host = pulumi.interpolate`${metadata.name}.${args.namespace}.svc.cluster.local`;
    this.port = entry.port;
    this.address = service.spec.clusterIP;
    this.digest = digestOf(template, entry, args.urls);
    this.registerOutputs({ host: this.host });
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
    return [binding];
  }
}

/** How it scales: by its GPU where it has a slice, else by its CPU; nothing where it has a fixed number of replicas. */
function autoscalingOf(
  { entry, settings, gpuScaling }: McpServerArgs,
  name: string,
  replicas: DeployedEntry["replicas"],
) {
  if (entry.gpuSlices === 0) {
    return settings.autoscaling && replicas.max > replicas.min ? autoscaler(name, replicas) : undefined;
  }
  if (!gpuScaling) return undefined;
  const most = gpuReplicas(replicas, gpuScaling);
  return most.max > most.min ? gpuAutoscaler(name, most, gpuScaling) : undefined;
}

/** The image of its makers where it has one, else the one that all share. */
function imageOf({ entry, settings, image }: McpServerArgs): pulumi.Input<string> {
  if (entry.kind !== "container" || entry.image === undefined) return image;
  return settings.servers[entry.name]?.image ?? entry.image;
}
