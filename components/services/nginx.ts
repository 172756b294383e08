import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../core/base.ts";
import { clusterDnsAddress } from "../network/addresses.ts";
import type { Settings } from "../settings/schema.ts";
import { HelmService, ownChart } from "./helm.ts";
import { checkedDocuments, checkedRoutes, nginxRate, type Route, type StaticDocument } from "./routes.ts";

/** Names and addresses that may stand in nginx.conf's `server_name`. */
function checkedHostnames(hostnames: string[]): string[] {
  const wrong = hostnames.filter((hostname) => !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(hostname));
  if (wrong.length > 0) {
    throw new Error(
      `nginx.hostnames: ${wrong.map((each) => `"${each}"`).join(", ")} is no host name or address`,
    );
  }
  return hostnames;
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);

/**
 * What Nginx includes into its `map`: the header of a client, and its name. Nginx does not tell capitals from small
 * letters there, so a token of small letters and digits is as strong as it looks.
 * @throws when a token could end its quotes
 */
export function clientsMap(clients: Readonly<Record<string, string>>): string {
  const lines = Object.entries(clients).map(([name, token]) => {
    if (!/^[a-z0-9]{32,}$/.test(token)) {
      throw new Error(`the token of client ${name} must be 32 or more small letters and digits`);
    }
    return `"Bearer ${token}" "${name}";\n`;
  });
  return lines.join("");
}

/** Who else's tokens open the routes for clients. */
export interface Identity {
  /** A service that answers 401 to a token that it does not take, and 405 to a HEAD with one that it takes. */
  host: string;
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
    tlsSecret: string;
    tlsHash: string;
    clientsSecret?: string;
    clientsHash?: string;
    identity?: Identity | undefined;
  },
) {
  return {
    image: settings.image,
    hostnames: checkedHostnames(settings.hostnames),
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
    nodeSelector: { "sophia.ai/role-ingress": "true" },
  };
}

/** A route whose service may not be known yet. */
export type RouteInput = Omit<Route, "host" | "address" | "spreadAddress"> & {
  host: pulumi.Input<string>;
  address?: pulumi.Input<string>;
  spreadAddress?: pulumi.Input<string>;
};

export interface NginxArgs {
  /** Section `nginx`. Changes roll without a lost request. */
  settings: Settings["nginx"];
  namespace: pulumi.Input<string>;
  /** What is served besides `/health`. A change rolls. */
  routes: RouteInput[];
  /** JSON for clients, served by Nginx itself. Clients see a change about a minute later; it rolls nothing. */
  documents?: StaticDocument[];
  /** `k3s.serviceCidr`: says where the cluster's DNS is. */
  serviceCidr: string;
  /** PEM certificate and key. A change rolls. */
  tls: { certificate: pulumi.Input<string>; key: pulumi.Input<string> };
  /** Tokens by client, for the routes that ask for one. Left out: such routes let nobody in. A change rolls. */
  clients?: pulumi.Input<Record<string, string>>;
  /** Left out: only `clients` get in. A change rolls. */
  identity?: pulumi.Input<Identity> | undefined;
}

/**
 * Nginx on every ingress node, at ports 80 and 443 of each: the one door from outside. The pods follow the role: a host
 * that gets it gets one, a host that loses it loses it.
 */
export class Nginx extends Component {
  /** Name inside the cluster. */
  readonly host: pulumi.Output<string>;
  /** `https://` and the canonical host name. */
  readonly url: pulumi.Output<string>;
  /** Digest of what it runs with. */
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
    // Of random tokens a digest tells nothing.
    const clientsHash = pulumi.unsecret(clients.apply(digest));
    const chart = ownChart("nginx");
    const addresses = new Map(
      args.routes.map(({ path, address, spreadAddress }) => [
        path,
        { address, ...(spreadAddress !== undefined && { spreadAddress }) },
      ]),
    );
    const routes = pulumi.all(args.routes.map(({ address: _, spreadAddress: __, ...route }) => route));
    const values = pulumi
      .all([routes, tls.metadata.name, tlsHash, known.metadata.name, clientsHash, args.identity])
      .apply(([known, tlsSecret, hash, clientsSecret, ofClients, identity]) => {
        const made = nginxValues(args.settings, {
          routes: known,
          documents: args.documents ?? [],
          serviceCidr: args.serviceCidr,
          tlsSecret,
          tlsHash: hash,
          clientsSecret,
          clientsHash: ofClients,
          identity,
        });
        // Kept apart until here: before the first update nobody knows an address, and policies judge all the rest.
        return {
          ...made,
          routes: made.routes.map((route) => ({ ...route, ...addresses.get(route.path) })),
        };
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
      },
      this.child(),
    );
    this.host = service.host;
    this.url = service.host.apply(() => `https://${args.settings.hostnames[0]}`);
    this.registerOutputs({ host: this.host, url: this.url });
  }
}
