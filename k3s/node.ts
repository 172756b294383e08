import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { K3sSettings } from "./config.ts";
import { Drain } from "./drain.ts";
import { hardenScript, type Perimeter, perimeterScript } from "./hardening/scripts.ts";
import { healthScript } from "./health/scripts.ts";
import type { Host, HostHandle } from "./host.ts";
import { nodeKind, nodeName } from "./host.ts";
import { configureScript, installScript, joinScript, type Tokens } from "./node/scripts.ts";
import { HostKey } from "./ssh/hostKey.ts";
import { KeyChange } from "./ssh/keyChange.ts";
import { type Login, type RemoteScriptArgs, remoteScript } from "./ssh/remoteScript.ts";

/** Seconds from the launch of a host, whose boot has been waited for already, until its SSH server answers. */
const sshDeadline = 600;
/** Seconds for packages on a host that has none of them, behind another apt that is at work. */
const hardenDeadline = 1800;
/** Seconds that pods are given to leave a node. */
const drainDeadline = 120;
/** Seconds that a script may wait for its turn on a host. */
const turn = 900;

/** How the commands of one node are named, logged in and bound to their host. */
export interface NodeContext {
  handle: HostHandle;
  settings: K3sSettings;
  login: Login;
  childName: (suffix: string) => string;
  child: (opts?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions;
}

type Step = Omit<RemoteScriptArgs, "login" | "title"> & { step: string; login?: Login };

/** One script for this node. Everything starts afresh on another machine, and goes with the machine it was for. */
function run(node: NodeContext, { step, ...args }: Step, after: pulumi.Resource[]): remote.Command {
  const machine = node.handle.host.apply((host) => host.machineId);
  return remoteScript(
    node.childName(`${node.handle.name}-${step}`),
    {
      title: `${step} ${node.handle.name}`,
      login: node.login,
      ...args,
      triggers: [machine, ...(args.triggers ?? [])],
    },
    node.child({ dependsOn: after, deleteBeforeReplace: true, deletedWith: node.handle.machine }),
  );
}

/** What it takes to get from one SSH key to the next while hosts run. */
export interface SshKeyChange {
  /** OpenSSH public half of the new key. */
  publicKey: pulumi.Input<string>;
  /** Secret. */
  previousPrivateKey: pulumi.Input<string>;
  previousPublicKey: pulumi.Input<string>;
}

/** Logs in with the key that was pinned at first contact. */
export function loginTo(
  node: Omit<NodeContext, "login">,
  privateKey: pulumi.Input<string>,
  change?: SshKeyChange,
): Login {
  const { handle } = node;
  const pinned = new HostKey(
    node.childName(`${handle.name}-host-key`),
    {
      machineId: handle.host.apply((host) => host.machineId),
      address: handle.host.apply((host) => host.address),
      port: handle.host.apply((host) => host.port),
      deadline: sshDeadline,
    },
    node.child({ deletedWith: handle.machine }),
  );
  const login = { host: handle.host, hostKey: pinned.hostKey, privateKey };
  if (change === undefined) return login;
  const changed = new KeyChange(
    node.childName(`${handle.name}-key-change`),
    {
      machineId: handle.host.apply((host) => host.machineId),
      host: handle.host.apply(({ address, port, user }) => ({ address, port, user })),
      hostKey: pinned.hostKey,
      keys: pulumi.secret({ privateKey, ...change }),
    },
    node.child({ deletedWith: handle.machine }),
  );
  // Nobody logs in with the new key before the host takes it.
  return { ...login, privateKey: pulumi.all([privateKey, changed.id]).apply(([key]) => key) };
}

/** Hardening, firewall and health service: all hosts at once, before any K3s. */
export function secure(
  node: NodeContext,
  index: number,
  all: pulumi.Output<Host[]>,
  networks: Perimeter,
): pulumi.Resource[] {
  const { host } = node.handle;
  const harden = run(
    node,
    {
      step: "harden",
      script: host.apply((known) => hardenScript(known, index)),
      deadline: hardenDeadline + turn,
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
      deadline: 120 + turn,
    },
    [harden],
  );
  const health = run(node, { step: "health", script: host.apply(healthScript), deadline: 120 + turn }, [
    harden,
  ]);
  return [perimeter, health];
}

/**
 * Installs K3s, configures it and waits until the node is Ready. `after` is everything that must be done first: the
 * node before this one, so that never two are down at once.
 */
export function bootstrap(
  node: NodeContext,
  server: Login,
  serverAddress: pulumi.Input<string>,
  tokens: pulumi.Input<Tokens>,
  after: pulumi.Resource[],
): { configured: remote.Command; ready: remote.Command } {
  const { handle, settings } = node;
  const installed = run(
    node,
    {
      step: "install",
      script: installScript(nodeKind(handle), settings),
      triggers: [settings.version],
      deadline: 2 * settings.deadline + turn,
    },
    after,
  );
  const configured = run(
    node,
    {
      step: "configure",
      script: pulumi.secret(
        pulumi
          .all([handle.host, serverAddress, tokens])
          .apply(([host, address, known]) =>
            configureScript({ host, settings, serverAddress: address }, known),
          ),
      ),
      deadline: 2 * settings.deadline + turn,
    },
    [installed],
  );
  const ready = run(
    node,
    {
      step: "join",
      login: server,
      script: pulumi
        .all([handle.host, serverAddress])
        .apply(([host, address]) => joinScript({ host, settings, serverAddress: address })),
      deadline: settings.deadline + 120,
    },
    [configured],
  );
  return { configured, ready };
}

/** Empties the node before its machine goes. `cluster` is what goes with the server: without it there is nothing to drain. */
export function drainBefore(
  node: NodeContext,
  server: Login,
  ready: pulumi.Resource,
  cluster: pulumi.Resource,
): Drain {
  const { handle } = node;
  return new Drain(
    node.childName(`${handle.name}-drain`),
    {
      node: nodeName(handle),
      machineId: handle.host.apply((host) => host.machineId),
      server: pulumi.secret(
        pulumi
          .all([server.host, server.hostKey, server.privateKey])
          .apply(([{ address, port, user }, hostKey, privateKey]) => ({
            address,
            port,
            user,
            privateKey,
            hostKey,
          })),
      ),
      deadline: drainDeadline,
    },
    node.child({ dependsOn: [ready], deletedWith: cluster }),
  );
}
