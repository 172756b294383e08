import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import { toUrl } from "../../components/network/egress.ts";
import { mcpGateway, redisClient } from "../../components/network/names.ts";
import { bytesOf } from "../../components/services/quantity.ts";
import type { Settings } from "../../components/settings/schema.ts";
import { addressAtOnce, containerSecurity, digestOf, placement, podSecurity, probes } from "../pod.ts";
import { autoscaler, disruptionBudget } from "../scaling.ts";
import type { Backend, Engine, GatewayAuth, ResolvedBackend } from "./backend.ts";
import { vmcp } from "./vmcp.ts";

const name = "mcp-gateway";

export interface GatewayArgs {
  settings: Settings["mcp"];
  namespace: pulumi.Input<string>;
  /** A change rolls the gateway; clients of the older revision open a new session then. */
  backends: readonly Backend[];
  auth: GatewayAuth;
  /** A Redis that keeps sessions of the older revision. Where it is away, they fail; the newer revision knows none. */
  sessions: { host: pulumi.Input<string>; port: number; password: pulumi.Input<string> };
  /** The program that federates. Default: vMCP. */
  engine?: Engine;
}

/**
 * One endpoint for all MCP servers: federates their tools, asks after their health, keeps away from those that do not
 * answer, and writes down who called what.
 */
export class Gateway extends Component {
  /** Inside the cluster; known before it answers. */
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** Of its Service, likewise: each caller's connections lead to one replica as long as that lives. */
  readonly address: pulumi.Output<string>;
  /** Of another before the same replicas, whose connections lead to any of them. */
  readonly spreadAddress: pulumi.Output<string>;
  readonly path: string;
  readonly statusPath: string;
  readonly metadataPath: string;
  /** Digest of what it runs as. */
  readonly digest: pulumi.Output<string>;

  constructor(component: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mcp:Gateway", component, opts);
    const { settings, backends, namespace } = args;
    const engine = args.engine ?? vmcp;
    this.port = engine.port;
    const labels = { ...mcpGateway, ...redisClient, "app.kubernetes.io/part-of": "sophia-mcp" };
    const metadata = { name, namespace, labels };
    const credentials = backends.flatMap(({ credential }) => (credential ? [credential] : []));
    const variables = {
      ...Object.fromEntries(credentials.map(({ variable, value }) => [variable, value])),
      [engine.sessionPasswordVariable]: args.sessions.password,
    };
    const values = pulumi.secret(pulumi.all(variables));

    const urls = pulumi.all(backends.map((backend) => backend.url));
    const text = pulumi.all([urls, args.sessions.host]).apply(([known, host]) =>
      engine.config(
        backends.map(
          ({ credential, ...rest }, index): ResolvedBackend => ({
            ...rest,
            url: known[index] ?? "",
            ...(credential && { credential: { header: credential.header, variable: credential.variable } }),
          }),
        ),
        args.auth,
        { host, port: args.sessions.port },
      ),
    );
    const file = engine.configFile.split("/").at(-1) ?? "";
    const config = new k8s.core.v1.ConfigMap(
      this.childName("config"),
      { metadata, data: { [file]: text } },
      this.child(),
    );
    const secret = new k8s.core.v1.Secret(
      this.childName("secret"),
      { metadata, stringData: values },
      this.child(),
    );
    const account = new k8s.core.v1.ServiceAccount(
      this.childName("account"),
      { metadata, automountServiceAccountToken: false },
      this.child(),
    );
    const policy = new k8s.networking.v1.NetworkPolicy(
      this.childName("policy"),
      {
        metadata,
        spec: {
          podSelector: { matchLabels: mcpGateway },
          policyTypes: ["Egress"],
          // To the servers of the namespace its walls lead already.
          egress: egressOf([...outside(backends), ...(args.auth.by === "oidc" ? [args.auth.issuer] : [])]),
        },
      },
      this.child(),
    );
    const checksum = pulumi
      .all([values, text])
      .apply((all) => createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 16));
    const { replicas } = settings.gateway;
    const scales = settings.autoscaling && replicas.max > replicas.min;
    const template = {
      metadata: { labels, annotations: { "sophia.ai/config": pulumi.unsecret(checksum) } },
      spec: {
        serviceAccountName: account.metadata.name,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        ...placement,
        terminationGracePeriodSeconds: 40,
        securityContext: podSecurity,
        containers: [
          {
            name: "gateway",
            image: settings.gateway.image,
            args: engine.args,
            ports: [
              { name: "mcp", containerPort: engine.port },
              { name: "metrics", containerPort: engine.metricsPort },
            ],
            env: [
              { name: "HOME", value: "/tmp" },
              ...Object.entries(engine.environment(bytesOf(settings.gateway.resources.limits.memory))).map(
                ([variable, value]) => ({ name: variable, value }),
              ),
              ...Object.keys(variables).map((variable) => ({
                name: variable,
                valueFrom: { secretKeyRef: { name, key: variable } },
              })),
            ],
            resources: settings.gateway.resources,
            securityContext: containerSecurity,
            ...probes(engine.health),
            lifecycle: { preStop: { sleep: { seconds: 5 } } },
            volumeMounts: [
              { name: "config", mountPath: "/etc/sophia", readOnly: true },
              { name: "tmp", mountPath: "/tmp" },
            ],
          },
        ],
        volumes: [
          { name: "config", configMap: { name } },
          { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
        ],
      },
    };
    const deployment = new k8s.apps.v1.Deployment(
      this.childName("deployment"),
      {
        metadata,
        spec: {
          ...(scales ? {} : { replicas: replicas.min }),
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
          selector: { matchLabels: mcpGateway },
          template,
        },
      },
      this.child({ dependsOn: [config, secret, policy] }),
    );
    new k8s.policy.v1.PodDisruptionBudget(
      this.childName("budget"),
      { metadata, spec: disruptionBudget(mcpGateway) },
      this.child(),
    );
    if (scales) {
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        this.childName("autoscaler"),
        { metadata, spec: autoscaler(name, replicas) },
        this.child({ dependsOn: [deployment] }),
      );
    }
    // Another replica can take a session of the older revision over, but shakes hands with every server for it, and one
    // that is slow to answer then is missing from the session there: so only where it must. All of them come by one Nginx.
    this.address = this.#service("service", metadata, { sessionAffinity: "ClientIP" });
    // The newer revision knows no sessions, and is all replicas' work.
    this.spreadAddress = this.#service("spread", { ...metadata, name: `${name}-spread` }, {});
    this.host = pulumi.interpolate`${name}.${namespace}.svc.cluster.local`;
    this.path = engine.path;
    this.statusPath = engine.statusPath;
    this.metadataPath = engine.metadataPath;
    this.digest = digestOf(template);
    this.registerOutputs({ host: this.host });
  }

  /** A Service before all replicas. @returns its address */
  #service(
    suffix: string,
    metadata: { name: string; namespace: pulumi.Input<string>; labels: Record<string, string> },
    more: { sessionAffinity?: string },
  ): pulumi.Output<string> {
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

/** One rule for each place. */
const egressOf = (urls: readonly string[]) => [
  ...new Map(urls.map((url) => [JSON.stringify(toUrl(url)), toUrl(url)])).values(),
];

/** Endpoints outside the cluster. */
const outside = (backends: readonly Backend[]): string[] =>
  backends.flatMap(({ url }) => (typeof url === "string" && url.startsWith("https:") ? [url] : []));
