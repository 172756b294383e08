import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { z } from "zod";
import { Component } from "../components/core/base.ts";
import { digest } from "../components/core/digest.ts";
import { keepersOf } from "../components/core/generation.ts";
import { type K3sSettings, nodeAddress } from "./config/config.ts";
import { KnownKubeconfig } from "./config/knownKubeconfig.ts";
import { kubeconfigFor, kubeconfigPeriod } from "./config/kubeconfig.ts";
import type { RegistryLogin } from "./config/registries.ts";
import type { Host, HostHandle } from "./host.ts";
import { nodeKind, nodeName } from "./host.ts";
import { Identity } from "./identity.ts";
import { bootstrap, drainBefore, loginTo, type SshKeyChange, secure } from "./node/node.ts";
import { identityScript, kubeconfigScript } from "./node/scripts.ts";
import type { NodeContext } from "./node/step.ts";
import { type Login, remoteScript } from "./ssh/remoteScript.ts";

export interface ClusterArgs {
  /** Exactly one is a server. Its loss is the loss of the cluster. */
  hosts: HostHandle[];
  /** Section `k3s`. */
  settings: K3sSettings;
  /** Networks that may reach SSH, the Kubernetes API and the health service. */
  adminNetworks: string[];
  /** Networks that may reach SSH only. Default: none. */
  sshNetworks?: string[];
  /** Secret. A change restarts K3s on one node after the other; pods go on running. */
  registryLogin?: pulumi.Output<RegistryLogin> | undefined;
  /** Key for every host's user; secret. A change while hosts run needs `sshKeyChange`. */
  sshPrivateKey: pulumi.Input<string>;
  /** During a change of the key: hosts accept both keys. Once it is removed, the new key only. */
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
  /** Provider for everything in the cluster. Waits for all nodes; replaced only with the cluster. */
  readonly provider: kubernetes.Provider;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  readonly nodes: ClusterNode[];
  /** Hosts, their nodes, and the address that pods on each reach it at. */
  readonly addresses: { name: string; node: string; address: pulumi.Output<string> }[];
  /** One resource a node, done when the node is Ready. */
  readonly ready: pulumi.Resource[];
  /** How each host is reached, by its name, once it is hardened. */
  readonly logins: ReadonlyMap<string, Login>;
  /** Lines as in OpenSSH's `known_hosts`: each host with the key that was pinned at first contact. */
  readonly knownHosts: pulumi.Output<string[]>;
  /** The server, as a host. */
  readonly server: pulumi.Output<Host>;
  /**
   * Deleted when the cluster is lost, and only then: `deletedWith` for everything in the cluster. The machine itself
   * cannot serve: while it is replaced, Pulumi deletes its dependents before it counts the machine as deleted.
   */
  readonly clusterIdentity: pulumi.Resource;
  /** Digest of K3s's settings, its version included, and of the machines. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("k3s:Cluster", name, opts);
    const { settings } = args;
    const { server, agents } = orderHosts(args.hosts);
    const ordered = [server, ...agents];
    const all = pulumi.all(ordered.map(({ host }) => host));

    const nodeOf = (handle: HostHandle): NodeContext => {
      const node = { scope: this.scope(), handle, settings };
      return { ...node, login: loginTo(node, args.sshPrivateKey, args.sshKeyChange) };
    };
    const first = nodeOf(server);
    const others = agents.map(nodeOf);
    const nodes = [first, ...others];
    const secured = nodes.flatMap((node, index) => secure(node, index, all, args));

    const joining = {
      server: first.login,
      serverAddress: server.host.apply((host) => nodeAddress(host, settings)),
      registryLogin: args.registryLogin,
    };
    const password = (suffix: string) =>
      new random.RandomPassword(
        this.childName(suffix),
        { length: 48, special: false, ...keepersOf(settings.tokenGeneration) },
        this.child(),
      ).result;
    const tokens = pulumi.output({ token: password("token"), agentToken: password("agent-token") });
    const ready = bootstrap(first, { ...joining, tokens, after: secured });

    const { command: clusterIdentity, identity } = this.#readIdentity(first, ready);
    this.ready = [ready];
    let before: pulumi.Resource = ready;
    for (const node of others) {
      const agentTokens = pulumi
        .all([identity.authority, tokens])
        .apply(([authority, { agentToken }]) => ({ token: fullToken(authority, "node", agentToken) }));
      const after = [...secured, before];
      const drain = drainBefore(node, { server: first.login, cluster: clusterIdentity, after });
      const joined = bootstrap(node, { ...joining, tokens: agentTokens, after: [...after, drain], drain });
      before = joined;
      this.ready.push(joined);
    }

    this.kubeconfig = this.#readKubeconfig(first, ready, name);
    this.provider = new kubernetes.Provider(
      this.childName("kubernetes"),
      {
        kubeconfig: this.kubeconfig,
        // Certificate and address in the kubeconfig may change: the cluster stays the same.
        clusterIdentifier: identity.clusterId,
        enableServerSideApply: true,
        // Otherwise a new password replaces its Secret and every resource that refers to it: a whole release with its pods.
        enableSecretMutable: true,
      },
      this.child({ dependsOn: this.ready }),
    );
    this.nodes = ordered.map((handle) => ({ name: nodeName(handle), host: handle.host }));
    this.addresses = ordered.map((handle) => ({
      name: handle.name,
      node: nodeName(handle),
      address: handle.host.apply((one) => nodeAddress(one, settings)),
    }));
    this.logins = new Map(nodes.map(({ handle, login }) => [handle.name, login]));
    this.knownHosts = pulumi.all(
      nodes.map(({ login }) =>
        pulumi
          .all([login.host, login.hostKey])
          .apply(([{ address, port }, key]) => `${port === 22 ? address : `[${address}]:${port}`} ${key}`),
      ),
    );
    this.server = server.host;
    this.clusterIdentity = clusterIdentity;
    this.digest = all.apply((hosts) => clusterDigest(settings, hosts));
    this.registerOutputs({ kubeconfig: this.kubeconfig, nodes: this.nodes.map((node) => node.name) });
  }

  /**
   * The id that the cluster got when it was created, and its certificate authority: they never change, so they are read
   * once. Nothing but another machine may replace this resource: everything in the cluster is `deletedWith` it.
   */
  #readIdentity(first: NodeContext, ready: pulumi.Resource) {
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

  /** Read again after an upgrade, and after some weeks: the admin's certificate is valid for a year. */
  #readKubeconfig(first: NodeContext, ready: pulumi.Resource, name: string): pulumi.Output<string> {
    const { handle, settings } = first;
    const command = remoteScript(
      this.childName("kubeconfig"),
      {
        title: "read the kubeconfig",
        login: first.login,
        script: kubeconfigScript(settings.deadline),
        triggers: [
          handle.host.apply((host) => host.machineId),
          settings.version,
          kubeconfigPeriod(new Date()),
        ],
        deadline: 2 * settings.deadline + 60,
        secretOutput: true,
      },
      // Not after the other nodes, as all of the platform waits for this one: where K3s restarts here, at most once a year,
      // a node that is joined in the same update may need a second one.
      this.child({ dependsOn: [ready], deleteBeforeReplace: true, deletedWith: handle.machine }),
    );
    const kubeconfig = pulumi
      .all([pulumi.secret(command.stdout), handle.host])
      .apply(([text, host]) => kubeconfigFor(text, { address: host.address, name }));
    const { machine } = handle;
    const machineId = handle.host.apply((host) => host.machineId);
    const known = { machineId, kubeconfig };
    return new KnownKubeconfig(
      this.childName("known-kubeconfig"),
      known,
      this.child({ deletedWith: machine }),
    ).kubeconfig;
  }
}

/** Digest of K3s's settings and of the machines. Pure. */
export const clusterDigest = (settings: K3sSettings, hosts: readonly Host[]): string =>
  digest(JSON.stringify([settings, hosts.map(({ machineId }) => machineId)]));

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
    throw new Error(`two hosts have the node name ${twice}: rename one in sophia-infra:hosts`);
  return { server, agents: hosts.filter((host) => host !== server) };
}
