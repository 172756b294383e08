import { env } from "node:process";
import { messageOf } from "../../../../../components/core/errors.ts";
import { Cluster } from "../cluster/cluster.ts";
import { connectionOf, parseKubeconfig } from "../cluster/kubeconfig.ts";
import type { GroupVersionKind } from "../object/kind.ts";
import { knownScope } from "../object/kind.ts";
import type { Settings } from "./config.ts";
import type { Log } from "./log.ts";
import { Owners } from "./owners.ts";

/** A configured provider: its settings, and the cluster if it is reachable. */
export interface Session {
  settings: Settings;
  log: Log;
  signal: AbortSignal;
  /** Undefined if the cluster is unreachable. */
  cluster?: Cluster;
  /** Why the cluster is unreachable. */
  unreachable: string;
  defaultNamespace: string;
  /** The kubeconfig's contents, for helm. */
  kubeconfig: string;
  owners: Owners;
}

/** Connects to the cluster. An unreachable cluster is an error only when it is needed. */
export async function openSession(settings: Settings, log: Log, signal: AbortSignal): Promise<Session> {
  const source = settings.kubeconfig || env.KUBECONFIG || "~/.kube/config";
  const session: Session = {
    settings,
    log,
    signal,
    unreachable: "",
    defaultNamespace: settings.namespace || "default",
    kubeconfig: "",
    owners: new Owners(),
  };
  try {
    const config = parseKubeconfig(source);
    session.kubeconfig = JSON.stringify(config);
    const connection = connectionOf(config, settings);
    session.defaultNamespace = connection.namespace;
    const cluster = new Cluster(connection, signal);
    await cluster.discovery.load();
    session.cluster = cluster;
  } catch (error) {
    session.unreachable = settings.kubeconfig
      ? messageOf(error)
      : `the provider has no kubeconfig, and the default kubeconfig is not usable: ${messageOf(error)}`;
  }
  return session;
}

/** Whether the kind is namespaced. An unknown kind is assumed to be. */
export async function isNamespaced({ cluster }: Session, gvk: GroupVersionKind): Promise<boolean> {
  const known = cluster ? await cluster.discovery.namespaced(gvk) : knownScope(gvk);
  return known ?? true;
}
