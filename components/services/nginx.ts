import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../core/base.ts";
import { digest } from "../core/digest.ts";
import { clusterDnsAddress } from "../network/addresses.ts";
import type { Settings } from "../settings/schema.ts";
import { HelmService, ownChart } from "./helm.ts";
import { checkedDocuments, checkedRoutes, nginxRate, type Route, type StaticDocument } from "./routes.ts";

/**
 * Seconds that requests under way may take when a pod ends: longer than any MCP call. A pod without requests ends at once, one
 * with an event stream, as clients of MCP's 2025 revision hold open, only after this time.
 */
export const drain = 490;

/**
 * Seconds that a rollout may take, in which each host's new pod starts after that of the host before. Helm waits until the
 * last old pod has ended, which is `drain` later where a client holds a stream open. Pure.
 * @param hosts with role `ingress`
 */
const rolloutTimeout = (hosts: number): number => 350 + hosts * 60 + drain;

/**
 * Entries of Nginx's `map` from the Authorization header to the client's name. The map ignores case, so only tokens of
 * lower-case letters and digits keep their full entropy.
 * @throws for any other token, which could also end its quotes
 */
export function clientsMap(clients: Readonly<Record<string, string>>): string {
  const lines = Object.entries(clients).map(([name, token]) => {
    if (!/^[a-z0-9]{32,}$/.test(token)) {
      throw new Error(`the token of client ${name} must be 32 or more lower-case letters and digits`);
    }
    return `"Bearer ${token}" "${name}";\n`;
  });
  return lines.join("");
}

/** A service that checks the tokens of an identity provider, which then open the routes for clients, too. */
export interface Identity {
  /** It answers 401 to a token that it refuses, and 405 to a HEAD request with one that it accepts. */
  host: pulumi.Input<string>;
  port: number;
  path: string;
}

/** Values of `charts/nginx`. */
export function nginxValues(
  settings: Settings["nginx"],
  further: {
    routes: Route[];
    documents?: StaticDocument[];
    serviceCidr: string;
    tlsSecret: pulumi.Input<string>;
    tlsHash: pulumi.Input<string>;
    clientsSecret?: pulumi.Input<string>;
    clientsHash?: pulumi.Input<string>;
    identity?: Identity | undefined;
  },
) {
  return {
    image: settings.image,
    hostnames: settings.hostnames,
    routes: checkedRoutes(further.routes),
    documents: checkedDocuments(further.documents ?? [], further.routes),
    rateLimit: { rate: nginxRate(settings.rateLimit.perSecond), burst: settings.rateLimit.burst },
    clientRateLimit: {
      rate: nginxRate(settings.clientRateLimit.perSecond),
      burst: settings.clientRateLimit.burst,
    },
    resolver: clusterDnsAddress(further.serviceCidr),
    tlsSecret: further.tlsSecret,
    tlsHash: further.tlsHash,
    clientsSecret: further.clientsSecret ?? "",
    clientsHash: further.clientsHash ?? "",
    identity: further.identity ?? {},
    drain,
    nodeSelector: { "sophia.ai/role-ingress": "true" },
  };
}

export interface NginxArgs {
  /**
   * Sections `nginx`, `hosts` for those with role `ingress`, and `k3s`, which says where the cluster's DNS is. Changes roll
   * without a lost request, except for those that need longer than `drain`.
   */
  settings: Pick<Settings, "nginx" | "hosts"> & { k3s: Pick<Settings["k3s"], "serviceCidr"> };
  /** Namespace of the release, which must exist. A change is a new release. */
  namespace: pulumi.Input<string>;
  /** Routes in addition to `/health`. A change rolls. */
  routes: Route[];
  /** JSON for clients, served by Nginx itself. Clients see a change about a minute later, without a rollout. */
  documents?: StaticDocument[];
  /** PEM certificate and key. A change rolls. */
  tls: { certificate: pulumi.Input<string>; key: pulumi.Input<string> };
  /** Tokens by client, for the routes that need one. Default: none, so that these routes refuse every request. A change rolls. */
  clients?: pulumi.Input<Record<string, string>>;
  /** Default: only the tokens of `clients` are accepted. A change rolls. */
  identity?: Identity | undefined;
}

/**
 * Nginx on every ingress node, at ports 80 and 443 of each: the only Service that is reachable from outside. A host that
 * gets the role gets a pod, a host that loses it loses the pod.
 */
export class Nginx extends Component {
  /** Name inside the cluster. */
  readonly host: pulumi.Output<string>;
  /** `https://` and the canonical host name. */
  readonly url: pulumi.Output<string>;
  /** Digest of chart and values. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: NginxArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:Nginx", name, opts);
    const tls = new k8s.core.v1.Secret(
      this.childName("tls"),
      {
        metadata: { name: "nginx-tls", namespace: args.namespace },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": args.tls.certificate, "tls.key": pulumi.secret(args.tls.key) },
      },
      this.child(),
    );
    // The certificate is public; a new key comes with a new certificate.
    const tlsHash = pulumi.unsecret(pulumi.output(args.tls.certificate).apply(digest));
    const clients = pulumi.secret(pulumi.output(args.clients ?? {}).apply(clientsMap));
    const known = new k8s.core.v1.Secret(
      this.childName("clients"),
      {
        metadata: { name: "nginx-clients", namespace: args.namespace },
        stringData: { "clients.map": clients },
      },
      this.child(),
    );
    // The digest of random tokens does not reveal them.
    const clientsHash = pulumi.unsecret(clients.apply(digest));
    const chart = ownChart("nginx");
    const { nginx, hosts, k3s } = args.settings;
    const values = nginxValues(nginx, {
      routes: args.routes,
      documents: args.documents ?? [],
      serviceCidr: k3s.serviceCidr,
      tlsSecret: tls.metadata.name,
      tlsHash,
      clientsSecret: known.metadata.name,
      clientsHash,
      identity: args.identity,
    });
    this.digest = pulumi.output(values).apply((known) => digest(JSON.stringify([chart.hash, known])));
    const service = new HelmService(
      this.childName("service"),
      {
        chart,
        release: "nginx",
        namespace: args.namespace,
        values,
        endpoint: { service: "nginx", port: 443 },
        timeout: rolloutTimeout(hosts.filter(({ roles }) => roles.includes("ingress")).length),
      },
      this.child(),
    );
    this.host = service.host;
    this.url = service.host.apply(() => `https://${nginx.hostnames[0]}`);
    this.registerOutputs({ host: this.host, url: this.url });
  }
}
