import type { CheckFailure, DiffResult } from "../../kit/provider.ts";
import { type Plain, type PlainObject, type Properties, reveal, Unknown } from "../../kit/values.ts";
import { activeCluster, parseKubeconfig } from "../cluster/kubeconfig.ts";
import { equal } from "../object/mergePatch.ts";

/** The provider's configuration. */
export interface Settings {
  /** Contents or path. Empty if the program sets none. */
  kubeconfig: string;
  context: string;
  cluster: string;
  /** Namespace of objects without one. Default: the kubeconfig's. */
  namespace: string;
  /** Remove resources of an unreachable cluster from the state. Default: false. */
  deleteUnreachable: boolean;
  /** Keep resources of an unreachable cluster unchanged. Default: false. */
  skipUpdateUnreachable: boolean;
  /** Take over fields of other field managers, for every object. Default: false. */
  enablePatchForce: boolean;
  /** Update an existing object instead of failing to create it. Default: false. */
  upsertExistingObjects: boolean;
  enableConfigMapMutable: boolean;
  enableSecretMutable: boolean;
}

const supported = new Set([
  "cluster",
  "clusterIdentifier",
  "context",
  "deleteUnreachable",
  "enableConfigMapMutable",
  "enablePatchForce",
  "enableSecretMutable",
  "enableServerSideApply",
  "kubeconfig",
  "namespace",
  "skipUpdateUnreachable",
  "suppressDeprecationWarnings",
  "suppressHelmHookWarnings",
  "upsertExistingObjects",
  // Set by the engine or the SDK.
  "version",
  "pluginDownloadURL",
  "__internal",
  "__pulumi-go-provider-version",
]);

/** Failures of the provider's configuration, including settings that the stand-in does not support. */
export function checkConfig(news: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const [property, value] of Object.entries(news)) {
    if (value === null) continue;
    if (!supported.has(property))
      failures.push({ property, reason: `the lab's kubernetes plugin does not support "${property}"` });
  }
  const serverSide = reveal(news.enableServerSideApply ?? null);
  if (serverSide === false || serverSide === "false")
    failures.push({
      property: "enableServerSideApply",
      reason: "the lab's kubernetes plugin always applies server-side",
    });
  return failures;
}

/** Reads the provider's configuration. Flags default to the environment variables of the official provider. */
export function settingsOf(
  config: Properties,
  environment: Record<string, string | undefined> = process.env,
): Settings {
  const values = reveal(config);
  // The SDK sends flags and numbers as JSON text, and a stack's configuration as it is written there.
  const textFor = (name: string): string | undefined => {
    const found = values[name];
    if (found === undefined) return undefined;
    return typeof found === "string" ? found : JSON.stringify(found);
  };
  const value = (name: string) => textFor(name) ?? "";
  const flag = (name: string, variable: string) => (textFor(name) ?? environment[variable]) === "true";
  return {
    kubeconfig: value("kubeconfig"),
    context: value("context"),
    cluster: value("cluster"),
    namespace: value("namespace"),
    deleteUnreachable: flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
    skipUpdateUnreachable: flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
    enablePatchForce: flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
    upsertExistingObjects: flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
    enableConfigMapMutable: flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
    enableSecretMutable: flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
  };
}

const textOf = (value: Plain | undefined): string => (typeof value === "string" ? value : "");

function clusterOf(config: PlainObject): PlainObject | undefined {
  const kubeconfig = textOf(config.kubeconfig);
  if (!kubeconfig) return undefined;
  return activeCluster(parseKubeconfig(kubeconfig), {
    context: textOf(config.context),
    cluster: textOf(config.cluster),
  });
}

/**
 * Detects changes of the configuration that refer to another cluster, so that all its objects are replaced. If
 * `clusterIdentifier` is set before and after, it decides alone; otherwise the kubeconfig's active cluster decides.
 */
export function diffConfig(oldProperties: Properties, newProperties: Properties): DiffResult {
  const olds = reveal(oldProperties);
  const news = reveal(newProperties);
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])].sort();
  const diffs = keys.filter((key) => !equal(olds[key], news[key]) || news[key] instanceof Unknown);
  if (diffs.length === 0) return { changes: false, replaces: [] };
  const before = olds.clusterIdentifier;
  const after = news.clusterIdentifier;
  if (before !== undefined && after !== undefined) {
    const same = equal(before, after) && !(after instanceof Unknown);
    return { changes: true, diffs, replaces: same ? [] : ["clusterIdentifier"] };
  }
  const identity = ["kubeconfig", "context", "cluster"];
  const unknownKey = identity.find((key) => news[key] instanceof Unknown);
  // An unknown kubeconfig may refer to another cluster.
  if (unknownKey) return { changes: true, diffs: [unknownKey], replaces: [unknownKey] };
  const oldCluster = clusterOf(olds);
  const newCluster = clusterOf(news);
  const moved = oldCluster && newCluster && !equal(oldCluster, newCluster);
  return { changes: true, diffs, replaces: moved ? identity.filter((key) => diffs.includes(key)) : [] };
}
