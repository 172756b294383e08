import { gunzipSync } from "node:zlib";
import type { JsonObject } from "../../kit/wire/json.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { at, type KubeObject, nameOf, namespaceOf, text } from "../object/access.ts";
import type { GroupVersionKind } from "../object/kind.ts";

const secretKind: GroupVersionKind = { group: "", version: "v1", kind: "Secret" };
/** Label that tells whose release it is, so that an interrupted install can be taken up again. */
export const ownerLabel = "sophia-lab-resource";

/** A revision of a release as Helm keeps it in the cluster. */
export interface StoredRelease {
  name: string;
  namespace: string;
  revision: number;
  /** Helm's word: deployed, failed, pending-install, … */
  status: string;
  /** Digest of the resource that made it; empty for a release made by someone else. */
  owner: string;
  chart: { name: string; version: string; appVersion: string };
  config: JsonObject;
  manifest: string;
  /** The Secret it is kept in. */
  secret: KubeObject;
}

function decode(secret: KubeObject): StoredRelease {
  const encoded = Buffer.from(text(secret, "data", "release"), "base64").toString();
  const release = JSON.parse(gunzipSync(Buffer.from(encoded, "base64")).toString()) as JsonObject;
  const metadata = at(release, "chart", "metadata");
  const config = at(release, "config");
  return {
    name: text(release, "name"),
    namespace: text(release, "namespace"),
    revision: Number(at(release, "version") ?? 0),
    status: text(release, "info", "status"),
    owner: text(secret, "metadata", "labels", ownerLabel),
    chart: {
      name: text(metadata, "name"),
      version: text(metadata, "version"),
      appVersion: text(metadata, "appVersion"),
    },
    config: (config ?? {}) as JsonObject,
    manifest: text(release, "manifest"),
    secret,
  };
}

/** The newest revision of a release; undefined when there is none. */
export async function findRelease(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<StoredRelease | undefined> {
  const secrets = await cluster.list(secretKind, namespace, `owner=helm,name=${name}`);
  const revision = (secret: KubeObject) => Number(text(secret, "metadata", "labels", "version"));
  const [newest] = secrets.sort((a, b) => revision(b) - revision(a));
  return newest && decode(newest);
}

/**
 * Whether a helm that was killed was at it: bringing it up, or taking it away again after an interrupt. Helm itself
 * refuses to go on from either.
 */
export const isUnfinished = ({ status }: StoredRelease): boolean =>
  status.startsWith("pending-") || status.startsWith("uninstall");

/**
 * Forgets a revision that was under way when its helm was killed. What it made stays and is taken over by the next
 * revision, because it bears the release's name.
 */
export const forgetRevision = (cluster: Cluster, { secret }: StoredRelease): Promise<void> =>
  cluster.delete(secretKind, namespaceOf(secret), nameOf(secret), "Background");
