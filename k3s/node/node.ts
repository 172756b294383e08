import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { AllowedNetworks } from "../../components/core/ports.ts";
import type { RegistryLogin } from "../config/registries.ts";
import { Drain } from "../drain.ts";
import { hardenScript, perimeterScript } from "../hardening/scripts.ts";
import { healthScript } from "../health/scripts.ts";
import type { Host } from "../host.ts";
import { nodeKind, nodeName } from "../host.ts";
import { Leaving } from "../leaving/leaving.ts";
import { lockTimeout } from "../shell/script.ts";
import { HostKey } from "../ssh/hostKey.ts";
import { KeyChange } from "../ssh/keyChange.ts";
import { accountOf, type Login } from "../ssh/remoteScript.ts";
import { volumeFolders } from "../volumes/volumes.ts";
import { configureScript, installScript, joinScript, type Tokens } from "./scripts.ts";
import { type NodeContext, run } from "./step.ts";

/** Seconds from the launch of a host, whose boot has been waited for already, until its SSH server answers. */
const sshDeadline = 600;
/** Seconds to install all packages, after another apt that may be running. */
const hardenDeadline = 1800;
/** Seconds for the eviction of a node's pods. */
const drainDeadline = 120;

/** Whose a host is: recorded on it, so that no other stack takes it over. */
const owner = () => `${pulumi.getProject()}/${pulumi.getStack()}`;

/** What a change of the SSH key needs while hosts run. */
export interface SshKeyChange {
  /** OpenSSH public half of the new key. */
  publicKey: pulumi.Input<string>;
  /** Secret. */
  previousPrivateKey: pulumi.Input<string>;
  previousPublicKey: pulumi.Input<string>;
}

/** The login to a host, whose key is pinned at first contact. */
export function loginTo(
  node: Omit<NodeContext, "login">,
  privateKey: pulumi.Input<string>,
  change?: SshKeyChange,
): Login {
  const { handle } = node;
  const pinned = new HostKey(
    node.scope.childName(`${handle.name}-host-key`),
    {
      machineId: handle.host.apply((host) => host.machineId),
      address: handle.host.apply((host) => host.address),
      port: handle.host.apply((host) => host.port),
      deadline: sshDeadline,
    },
    node.scope.child({ deletedWith: handle.machine }),
  );
  const login = { host: handle.host, hostKey: pinned.hostKey, privateKey };
  if (change === undefined) return login;
  const changed = new KeyChange(
    node.scope.childName(`${handle.name}-key-change`),
    {
      machineId: handle.host.apply((host) => host.machineId),
      host: handle.host.apply(({ address, port, user }) => ({ address, port, user })),
      hostKey: pinned.hostKey,
      keys: pulumi.secret({ privateKey, ...change }),
    },
    node.scope.child({ deletedWith: handle.machine }),
  );
  // No login with the new key before the host accepts it.
  return { ...login, privateKey: pulumi.all([privateKey, changed.id]).apply(([key]) => key) };
}

/** Hardening, firewall and health service: all hosts at once, before any K3s. */
export function secure(
  node: NodeContext,
  index: number,
  all: pulumi.Output<Host[]>,
  networks: AllowedNetworks,
): pulumi.Resource[] {
  const { host } = node.handle;
  const harden = run(
    node,
    {
      step: "harden",
      script: host.apply((known) => hardenScript(known, index, owner())),
      deadline: hardenDeadline + lockTimeout,
    },
    [],
  );
  const perimeter = run(
    node,
    {
      step: "perimeter",
      script: pulumi
        .all([host, all])
        .apply(([known, others]) => perimeterScript(known, others, node.settings, networks)),
      deadline: 120 + lockTimeout,
    },
    [harden],
  );
  const health = run(
    node,
    { step: "health", script: host.apply(healthScript), deadline: 120 + lockTimeout },
    [harden],
  );
  // Before K3s, and so deleted after it: the node is drained and removed by then.
  return [perimeter, health, ...leaving(node, harden)];
}

/** Stops K3s when an adopted host leaves; a launched one is terminated. */
function leaving({ scope, handle, login }: NodeContext, hardened: pulumi.Resource): Leaving[] {
  if (!handle.adopted) return [];
  const args = {
    name: handle.name,
    owner: owner(),
    node: nodeName(handle),
    unit: nodeKind(handle) === "server" ? ("k3s" as const) : ("k3s-agent" as const),
    machineId: handle.host.apply((host) => host.machineId),
    host: accountOf(login),
  };
  // Not before the host is known to be nobody else's.
  const opts = scope.child({ dependsOn: [hardened] });
  return [new Leaving(scope.childName(`${handle.name}-leaving`), args, opts)];
}

export interface BootstrapArgs {
  /** The server, where `kubectl` runs. */
  server: Login;
  /** At which agents join. */
  serverAddress: pulumi.Input<string>;
  /** Secret. A change restarts K3s on the node. */
  tokens: pulumi.Input<Tokens>;
  /** Secret. Left out: the node pulls what everybody may read. */
  registryLogin: pulumi.Output<RegistryLogin> | undefined;
  /** Everything that must be done first, also the node before this one: two nodes are never down at once. */
  after: pulumi.Resource[];
  /** Drains the node when it goes. A new one is another node: all is done again, on whatever machine. */
  drain?: Drain;
}

/**
 * Installs K3s, configures it and waits until the node is Ready.
 *
 * @returns the command that ends when the node is Ready
 */
export function bootstrap(
  node: NodeContext,
  { server, serverAddress, tokens, registryLogin, after, drain }: BootstrapArgs,
): remote.Command {
  const { handle, settings } = node;
  const member = drain === undefined ? [] : [drain.id];
  const installed = run(
    node,
    {
      step: "install",
      script: installScript(nodeKind(handle), settings, owner()),
      triggers: [settings.version, ...member],
      deadline: 2 * settings.deadline + lockTimeout,
    },
    after,
  );
  // The server's own volumes are lost with its cluster.
  const folders = drain === undefined ? [] : [volumeFolders(node, { server, member, after, installed })];
  const configured = run(
    node,
    {
      step: "configure",
      script: pulumi.secret(
        pulumi
          .all([handle.host, serverAddress, tokens, pulumi.output(registryLogin)])
          .apply(([host, address, known, login]) =>
            configureScript({ host, settings, serverAddress: address }, known, login),
          ),
      ),
      triggers: member,
      deadline: 2 * settings.deadline + lockTimeout,
    },
    [installed, ...folders],
  );
  return run(
    node,
    {
      step: "join",
      login: server,
      script: pulumi
        .all([handle.host, serverAddress, pulumi.output(registryLogin)])
        .apply(([host, address, login]) => joinScript({ host, settings, serverAddress: address }, login)),
      triggers: member,
      deadline: settings.deadline + 120,
    },
    [configured],
  );
}

export interface DrainBeforeArgs {
  /** The server, where `kubectl` runs. */
  server: Login;
  /** The cluster's identity: where that is deleted, there is nothing to drain. */
  cluster: pulumi.Resource;
  /** What is deleted after the drain. */
  after: pulumi.Resource[];
}

/**
 * Drains the node before its machine is deleted. Called after the node, not the host: under another name of the MCP host
 * the same machine stays the same node, and another machine gets the name, which K3s gives to one at a time, once it is free.
 */
export function drainBefore(node: NodeContext, { server, cluster, after }: DrainBeforeArgs): Drain {
  const { handle, scope } = node;
  const name = nodeName(handle);
  return new Drain(
    scope.childName(`${name}-drain`),
    {
      host: handle.name,
      node: name,
      machineId: handle.host.apply((host) => host.machineId),
      server: accountOf(server),
      ...(name !== handle.name && { machine: accountOf(node.login) }),
      deadline: drainDeadline,
    },
    scope.child({
      dependsOn: after,
      deletedWith: cluster,
      // In states of before: otherwise the running node would be drained.
      ...(name !== handle.name && { aliases: [{ name: scope.childName(`${handle.name}-drain`) }] }),
    }),
  );
}
