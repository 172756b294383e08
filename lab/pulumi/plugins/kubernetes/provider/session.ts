import { env } from "node:process";
import { Cluster } from "../cluster/cluster.ts";
import { connectionOf, parseKubeconfig } from "../cluster/kubeconfig.ts";
import type { GroupVersionKind } from "../object/kind.ts";
import { knownScope } from "../object/kind.ts";
import type { Log } from "../rpc/log.ts";
import type { Settings } from "./config.ts";

/** One configured provider: its settings, and the cluster as far as it can be reached. */
export interface Session {
  settings: Settings;
  log: Log;
  signal: AbortSignal;
  /** Absent when the cluster cannot be reached. */
  cluster?: Cluster;
  /** Why the cluster cannot be reached. */
  unreachable: string;
  defaultNamespace: string;
  /** The kubeconfig's contents, for helm. */
  kubeconfig: string;
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Connects to the cluster; one that cannot be reached is no failure until it is needed. */
export async function openSession(settings: Settings, log: Log, signal: AbortSignal): Promise<Session> {
  const source = settings.kubeconfig || env.KUBECONFIG || "~/.kube/config";
  const session: Session = {
    settings,
    log,
    signal,
    unreachable: "",
    defaultNamespace: settings.namespace || "default",
    kubeconfig: "",
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
      ? message(error)
      : `no kubeconfig is given to the provider, and the default one is not usable: ${message(error)}`;
  }
  return session;
}

/** Whether objects of the kind live in a namespace. A kind that nobody knows yet is taken for namespaced. */
export async function isNamespaced({ cluster }: Session, gvk: GroupVersionKind): Promise<boolean> {
  const known = cluster ? await cluster.discovery.namespaced(gvk) : knownScope(gvk);
  return known ?? true;
}
