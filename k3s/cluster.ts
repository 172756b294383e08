import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { z } from "zod";
import { Component } from "../components/core/base.ts";
import { keepersOf } from "../components/core/generation.ts";
import { type K3sSettings, nodeAddress } from "./config.ts";
import type { Host, HostHandle } from "./host.ts";
import { nodeKind, nodeName } from "./host.ts";
import { Identity } from "./identity.ts";
import { kubeconfigFor } from "./kubeconfig.ts";
import { identityScript, kubeconfigScript } from "./node/scripts.ts";
import { bootstrap, drainBefore, loginTo, type NodeContext, type SshKeyChange, secure } from "./node.ts";
import { type Login, remoteScript } from "./ssh/remoteScript.ts";

export interface ClusterArgs {
  /** Exactly one is a server; its loss is the loss of the cluster. */
  hosts: HostHandle[];
  settings: K3sSettings;
  /** Networks that may reach SSH, the Kubernetes API and the health service. */
  adminNetworks: string[];
  /** Networks that may reach SSH and nothing else of that. Default: none. */
  sshNetworks?: string[];
  /** Key for every host's user; secret. Hosts that run must be told of a change: `sshKeyChange`. */
  sshPrivateKey: pulumi.Input<string>;
  /** While the key changes: hosts take both. Taken away again, they take the new one only. */
  sshKeyChange?: SshKeyChange | undefined;
}

export interface ClusterNode {
  /** Kubernetes node name. */
  name: string;
  host: pulumi.Output<Host>;
}

/** A full token names the cluster's certificate authority. */
const fullToken = (authority: string, user: string, password: string) =>
  `K10${authority}::${user}:${password}`;

const identitySchema = z.object({
  clusterId: z.uuid(),
  agentToken: z.string().regex(/^K10[0-9a-f]{64}::/, "must be a full token"),
});

/** K3s on hosts that are reached by SSH. */
export class Cluster extends Component {
  /** For everything in the cluster. Waits for all nodes; replaced only when the cluster is another one. */
  readonly provider: kubernetes.Provider;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  readonly nodes: ClusterNode[];
  /** Done when every node is Ready: one resource a node. */
  readonly ready: pulumi.Resource[];
  /** How each host is reached, by its name, once it is hardened. */
  readonly logins: ReadonlyMap<string, Login>;
  /** Lines as in OpenSSH's `known_hosts`: each host with the key that was pinned at first contact. */
  readonly knownHosts: pulumi.Output<string[]>;
  /** The server, as a host. */
  readonly server: pulumi.Output<Host>;
  /**
   * Goes when the cluster goes, and only then: `deletedWith` for everything in the cluster. The machine itself will not
   * do: while it is replaced, Pulumi deletes what depends on it before it counts the machine as deleted.
   */
  readonly birth: pulumi.Resource;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("k3s:Cluster", name, opts);
    const { settings } = args;
    const { server, agents } = orderHosts(args.hosts);
    const ordered = [server, ...agents];
    const all = pulumi.all(ordered.map(({ host }) => host));

    const context = (handle: HostHandle): NodeContext => {
      const unbound = {
        handle,
        settings,
        childName: (suffix: string) => this.childName(suffix),
        child: (more?: pulumi.CustomResourceOptions) => this.child(more),
      };
      return { ...unbound, login: loginTo(unbound, args.sshPrivateKey, args.sshKeyChange) };
    };
    const nodes = ordered.map(context);
    const secured = nodes.flatMap((node, index) => secure(node, index, all, args));

    const [first, ...others] = nodes as [NodeContext, ...NodeContext[]];
    const serverAddress = server.host.apply((host) => nodeAddress(host, settings));
    const password = (suffix: string) =>
      new random.RandomPassword(
        this.childName(suffix),
        { length: 48, special: false, ...keepersOf(settings.tokenGeneration) },
        this.child(),
      ).result;
    const tokens = pulumi.all([password("token"), password("agent-token")]);
    const serverTokens = tokens.apply(([token, agentToken]) => ({ token, agentToken }));
    const { ready } = bootstrap(first, first.login, serverAddress, serverTokens, secured);

    const { command: birth, identity } = this.readIdentity(first, ready);
    this.ready = [ready];
    let before: pulumi.Resource = ready;
    for (const node of others) {
      const agentTokens = pulumi
        .all([identity.authority, tokens])
        .apply(([authority, [, agentToken]]) => ({ token: fullToken(authority, "node", agentToken) }));
      const joined = bootstrap(node, first.login, serverAddress, agentTokens, [...secured, before]).ready;
      drainBefore(node, first.login, joined, birth);
      before = joined;
      this.ready.push(joined);
    }

    this.kubeconfig = this.readKubeconfig(first, ready, name);
    this.provider = new kubernetes.Provider(
      this.childName("kubernetes"),
      {
        kubeconfig: this.kubeconfig,
        // The certificate in the kubeconfig may change, the address too: the cluster is still the same one.
        clusterIdentifier: identity.clusterId,
        enableServerSideApply: true,
        // Else another password deletes its Secret and whatever names that one: a whole release, with its pods.
        enableSecretMutable: true,
      },
      this.child({ dependsOn: this.ready }),
    );
    this.nodes = ordered.map((handle) => ({ name: nodeName(handle), host: handle.host }));
    this.logins = new Map(nodes.map(({ handle, login }) => [handle.name, login]));
    this.knownHosts = pulumi.all(
      nodes.map(({ login }) =>
        pulumi
          .all([login.host, login.hostKey])
          .apply(([{ address, port }, key]) => `${port === 22 ? address : `[${address}]:${port}`} ${key}`),
      ),
    );
    this.server = server.host;
    this.birth = birth;
    this.registerOutputs({ kubeconfig: this.kubeconfig, nodes: this.nodes.map((node) => node.name) });
  }

  /**
   * The cluster's birth id and its certificate authority: the same for its whole life, so read once. Nothing but another
   * machine may replace this resource: what is in the cluster is given up with it.
   */
  private readIdentity(first: NodeContext, ready: pulumi.Resource) {
    const command = remoteScript(
      this.childName("identity"),
      {
        title: "read the cluster's identity",
        login: first.login,
        script: identityScript(first.settings.deadline),
        triggers: [first.handle.host.apply((host) => host.machineId)],
        deadline: first.settings.deadline + 60,
        secretOutput: true,
      },
      this.child({ dependsOn: [ready], deletedWith: first.handle.machine }),
    );
    const read = pulumi.secret(command.stdout).apply((text) => identitySchema.parse(JSON.parse(text)));
    const identity = new Identity(
      this.childName("known-identity"),
      {
        machineId: first.handle.host.apply((host) => host.machineId),
        clusterId: pulumi.unsecret(read.apply(({ clusterId }) => clusterId)),
        authority: pulumi.unsecret(
          read.apply(({ agentToken }) => agentToken.slice("K10".length).replace(/::.*$/, "")),
        ),
      },
      this.child({ deletedWith: first.handle.machine }),
    );
    return { command, identity };
  }

  /** Read again after an upgrade: K3s renews the admin's certificate, valid for a year, when it starts. */
  private readKubeconfig(first: NodeContext, ready: pulumi.Resource, name: string): pulumi.Output<string> {
    const { handle, settings } = first;
    const command = remoteScript(
      this.childName("kubeconfig"),
      {
        title: "read the kubeconfig",
        login: first.login,
        script: kubeconfigScript(),
        triggers: [handle.host.apply((host) => host.machineId), settings.version],
        deadline: 60,
        secretOutput: true,
      },
      this.child({ dependsOn: [ready], deleteBeforeReplace: true, deletedWith: handle.machine }),
    );
    return pulumi
      .all([pulumi.secret(command.stdout), handle.host])
      .apply(([text, host]) => kubeconfigFor(text, { address: host.address, name }));
  }
}

/**
 * Servers before agents, which is also the order of upgrades.
 *
 * @throws when the hosts cannot be one cluster.
 */
export function orderHosts<T extends Pick<Host, "name" | "roles">>(
  hosts: readonly T[],
): { server: T; agents: T[] } {
  const servers = hosts.filter((host) => nodeKind(host) === "server");
  const [server, ...more] = servers;
  if (server === undefined || more.length > 0) {
    throw new Error(
      `a cluster has exactly one host with role server, got ${servers.length} (${servers.map(({ name }) => name).join(", ")}): ` +
        "embedded etcd over several servers is not supported yet",
    );
  }
  const names = hosts.map(nodeName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Error(`two hosts would be node ${twice}: rename one in sophia-infra:hosts`);
  return { server, agents: hosts.filter((host) => host !== server) };
}
