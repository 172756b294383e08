import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import { digest } from "../../components/core/digest.ts";
import { mcpGateway, redisClient } from "../../components/network/names.ts";
import type { Settings } from "../../components/settings/schema.ts";
import { addressAtOnce, digestOf } from "../deployment/pod.ts";
import { autoscaler, disruptionBudget, fixed, rolling, sizedByAutoscaler } from "../deployment/scaling.ts";
import type { Backend, Engine, GatewayAuth } from "./backend.ts";
import { engine as defaultEngine } from "./engine.ts";
import {
  gatewayConfig,
  gatewayEgress,
  gatewayFiles,
  gatewayName,
  gatewayPod,
  gatewaySecrets,
} from "./objects.ts";
import { type Tunnel, tunnelContents } from "./sessionTunnel.ts";

export interface GatewayArgs {
  /** Section `mcp`. */
  settings: Settings["mcp"];
  /** Namespace of its objects. A change creates them anew in the other one. */
  namespace: pulumi.Input<string>;
  /** A change rolls the gateway, which cuts calls that need more than 15 s and open streams; sessions of the 2025 revision go on. */
  backends: readonly Backend[];
  /** Who checks clients' tokens. */
  auth: GatewayAuth;
  /** Redis for sessions of the 2025 revision, which fail while it is unavailable; the 2026 revision has none. */
  sessions: {
    host: pulumi.Input<string>;
    port: number;
    /** PEM of what its certificate is trusted by. */
    ca: pulumi.Input<string>;
    /** Of Redis's login `default`: vMCP gives no name of a login. */
    password: pulumi.Input<string>;
  };
  /** What reaches them over TLS, as vMCP cannot. */
  tunnel: Tunnel;
  /** The program that federates. Default: vMCP. */
  engine?: Engine;
}

interface Metadata {
  name: string;
  namespace: pulumi.Input<string>;
  labels: Record<string, string>;
}

/**
 * One endpoint for all MCP servers: federates their tools, checks their health, leaves out those that do not respond, and
 * records each client's calls in an audit log.
 */
export class Gateway extends Component {
  /** DNS name inside the cluster; known before the gateway responds. */
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** Address of its Service: all connections of one client go to one replica while that lives. */
  readonly address: pulumi.Output<string>;
  /** Address of a second Service for the same replicas, without affinity. */
  readonly spreadAddress: pulumi.Output<string>;
  readonly path: string;
  readonly statusPath: string;
  readonly metadataPath: string;
  /** Digest of the pod template and of the egress. */
  readonly digest: pulumi.Output<string>;

  constructor(component: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mcp:Gateway", component, opts);
    const { settings, backends, namespace, auth, sessions, tunnel, engine = defaultEngine } = args;
    const labels = { ...mcpGateway, ...redisClient, "app.kubernetes.io/part-of": "sophia-mcp" };
    const metadata = { name: gatewayName, namespace, labels };
    const egress = gatewayEgress(backends, auth);
    const config = gatewayConfig(engine, backends, auth);
    const files = { ...gatewayFiles(engine, config, auth), ...tunnelContents(sessions, tunnel.dns) };
    const secrets = gatewaySecrets(engine, backends, sessions.password);
    const values = pulumi.secret(pulumi.all(secrets));
    const checksum = pulumi
      .all([values, ...Object.values(files)])
      .apply((all) => digest(JSON.stringify(all)));

    const account = new k8s.core.v1.ServiceAccount(
      this.childName("account"),
      { metadata, automountServiceAccountToken: false },
      this.child(),
    );
    const template = {
      metadata: { labels, annotations: { "sophia.ai/config": pulumi.unsecret(checksum) } },
      spec: gatewayPod(engine, settings.gateway, Object.keys(secrets), account.metadata.name, tunnel.image),
    };
    this.#workload(metadata, settings, template, [
      new k8s.core.v1.ConfigMap(this.childName("config"), { metadata, data: files }, this.child()),
      new k8s.core.v1.Secret(this.childName("secret"), { metadata, stringData: values }, this.child()),
      new k8s.networking.v1.NetworkPolicy(
        this.childName("policy"),
        {
          metadata,
          spec: {
            podSelector: { matchLabels: mcpGateway },
            policyTypes: ["Egress"],
            egress,
          },
        },
        this.child(),
      ),
    ]);
    this.port = engine.port;
    // A replica that takes over a session repeats the handshake with every server, and one that responds late is then
    // missing from it: so a session moves only when its replica ends. All clients arrive by the addresses of Nginx.
    this.address = this.#service("service", metadata, { sessionAffinity: "ClientIP" });
    // The 2026 revision has no sessions: all replicas serve it.
    this.spreadAddress = this.#service("spread", { ...metadata, name: `${gatewayName}-spread` }, {});
    this.host = pulumi.interpolate`${gatewayName}.${namespace}.svc.cluster.local`;
    this.path = engine.path;
    this.statusPath = engine.statusPath;
    this.metadataPath = engine.metadataPath;
    this.digest = digestOf(template, egress);
    this.registerOutputs({ host: this.host });
  }

  /** The Deployment, its disruption budget and its autoscaler. */
  #workload(
    metadata: Metadata,
    settings: Settings["mcp"],
    template: k8s.types.input.core.v1.PodTemplateSpec,
    dependsOn: pulumi.Resource[],
  ): void {
    const { replicas } = settings.gateway;
    const deployment = new k8s.apps.v1.Deployment(
      this.childName("deployment"),
      {
        metadata,
        spec: {
          replicas: replicas.min,
          strategy: rolling,
          selector: { matchLabels: mcpGateway },
          template,
        },
      },
      this.child({ dependsOn, ...sizedByAutoscaler }),
    );
    new k8s.policy.v1.PodDisruptionBudget(
      this.childName("budget"),
      { metadata, spec: disruptionBudget(mcpGateway) },
      this.child(),
    );
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      this.childName("autoscaler"),
      { metadata, spec: autoscaler(gatewayName, settings.autoscaling ? replicas : fixed(replicas)) },
      this.child({ dependsOn: [deployment] }),
    );
  }

  /** A Service for all replicas. @returns its address */
  #service(suffix: string, metadata: Metadata, more: { sessionAffinity?: string }): pulumi.Output<string> {
    const service = new k8s.core.v1.Service(
      this.childName(suffix),
      {
        metadata: { ...metadata, annotations: addressAtOnce },
        spec: { selector: mcpGateway, ports: [{ name: "mcp", port: this.port, targetPort: "mcp" }], ...more },
      },
      this.child(),
    );
    return service.spec.clusterIP;
  }
}
