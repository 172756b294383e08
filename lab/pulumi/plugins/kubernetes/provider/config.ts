import { activeCluster, parseKubeconfig } from "../cluster/kubeconfig.ts";
import { equal } from "../object/mergePatch.ts";
import type { CheckFailure, Difference } from "../rpc/provider.ts";
import { type Plain, type PlainObject, type Properties, strip, Unknown } from "../rpc/values.ts";

/** What the provider's configuration comes to. */
export interface Settings {
  /** Contents or path; empty means that the program named none. */
  kubeconfig: string;
  context: string;
  cluster: string;
  /** Namespace of objects that name none; empty means the kubeconfig's. */
  namespace: string;
  /** Forget resources of a cluster that cannot be reached. Default false. */
  deleteUnreachable: boolean;
  /** Leave resources of a cluster that cannot be reached as they are. Default false. */
  skipUpdateUnreachable: boolean;
  /** Take over fields that others manage, for every object. Default false. */
  enablePatchForce: boolean;
  /** Update an object that is there already instead of refusing to create it. Default false. */
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
  // Set by the engine from the SDK's package, not by the program.
  "version",
  "pluginDownloadURL",
  "__internal",
  "__pulumi-go-provider-version",
]);

/** Faults of a provider's configuration; what the stand-in does not support is refused by name. */
export function checkConfig(news: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const [property, value] of Object.entries(news)) {
    if (value === null) continue;
    if (!supported.has(property))
      failures.push({ property, reason: `the lab's kubernetes plugin does not support "${property}"` });
  }
  const serverSide = strip(news.enableServerSideApply ?? null);
  if (serverSide === false || serverSide === "false")
    failures.push({
      property: "enableServerSideApply",
      reason: "the lab's kubernetes plugin always applies server-side",
    });
  return failures;
}

/** Reads what the engine hands over as text, with the environment variables of the official provider behind it. */
export function settingsOf(
  variables: Map<string, string>,
  environment: Record<string, string | undefined> = process.env,
): Settings {
  const value = (name: string) => variables.get(`kubernetes:config:${name}`) ?? "";
  const flag = (name: string, variable: string) =>
    (variables.get(`kubernetes:config:${name}`) ?? environment[variable]) === "true";
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
 * Which changes of the configuration mean another cluster, so that everything in it is replaced. A cluster's own
 * identifier decides alone where it is given before and after; else the kubeconfig's active cluster does.
 */
export function diffConfig(oldProperties: Properties, newProperties: Properties): Difference {
  const olds = strip(oldProperties);
  const news = strip(newProperties);
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
  // Nobody can tell whether an unknown kubeconfig leads to the same cluster.
  if (unknownKey) return { changes: true, diffs: [unknownKey], replaces: [unknownKey] };
  const oldCluster = clusterOf(olds);
  const newCluster = clusterOf(news);
  const moved = oldCluster && newCluster && !equal(oldCluster, newCluster);
  return { changes: true, diffs, replaces: moved ? identity.filter((key) => diffs.includes(key)) : [] };
}
