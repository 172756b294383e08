import type { Plain } from "../../kit/values.ts";
import type { KubeObject } from "../object/access.ts";
import { list, nameOf, namespaceOf } from "../object/access.ts";
import type { GroupVersionKind } from "../object/kind.ts";
import { apiVersionOf, kindOfObject } from "../object/kind.ts";
import { Discovery } from "./discovery.ts";
import { ApiClient } from "./http.ts";
import type { Connection } from "./kubeconfig.ts";

export interface WriteOptions {
  fieldManager?: string;
  force?: boolean;
  dryRun?: boolean;
}

const query = ({ fieldManager, force, dryRun }: WriteOptions) => ({
  fieldManager,
  force: force === undefined ? undefined : String(force),
  dryRun: dryRun ? "All" : undefined,
});

/** Objects of one cluster, by kind, namespace and name. */
export class Cluster {
  readonly discovery: Discovery;
  readonly #client: ApiClient;

  constructor(connection: Connection, signal: AbortSignal) {
    this.#client = new ApiClient(connection, signal);
    this.discovery = new Discovery(this.#client);
  }

  async get(gvk: GroupVersionKind, namespace: string, name: string): Promise<KubeObject> {
    return this.#client.request({ method: "GET", path: await this.#path(gvk, namespace, name) });
  }

  async list(gvk: GroupVersionKind, namespace: string, labelSelector?: string): Promise<KubeObject[]> {
    const answer = await this.#client.request({
      method: "GET",
      path: await this.#path(gvk, namespace),
      query: { labelSelector },
    });
    // The server leaves kind and version out of the elements of a list.
    const identity = { apiVersion: apiVersionOf(gvk), kind: gvk.kind };
    return list(answer, "items").map((item) => ({ ...item, ...identity }));
  }

  async create(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const path = await this.#path(kindOfObject(object), namespaceOf(object));
    return this.#client.request({ method: "POST", path, query: query(options), body: object });
  }

  /** Server-side apply. */
  async apply(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    return this.#patch(object, "application/apply-patch+yaml", object, options);
  }

  /** JSON patch (RFC 6902). */
  async patch(object: KubeObject, operations: Plain[], options: WriteOptions = {}): Promise<KubeObject> {
    return this.#patch(object, "application/json-patch+json", operations, options);
  }

  /** Replaces an object. `metadata.resourceVersion` must be the current one. */
  async replace(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const path = await this.#path(kindOfObject(object), namespaceOf(object), nameOf(object));
    return this.#client.request({ method: "PUT", path, query: query(options), body: object });
  }

  async delete(
    gvk: GroupVersionKind,
    namespace: string,
    name: string,
    propagationPolicy: string,
  ): Promise<void> {
    const path = await this.#path(gvk, namespace, name);
    const body = { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy };
    await this.#client.request({ method: "DELETE", path, body });
  }

  async #patch(
    object: KubeObject,
    contentType: string,
    body: Plain,
    options: WriteOptions,
  ): Promise<KubeObject> {
    const path = await this.#path(kindOfObject(object), namespaceOf(object), nameOf(object));
    return this.#client.request({ method: "PATCH", path, query: query(options), body, contentType });
  }

  async #path(gvk: GroupVersionKind, namespace: string, name?: string): Promise<string> {
    const { plural, namespaced } = await this.discovery.find(gvk);
    const root = gvk.group ? `/apis/${gvk.group}/${gvk.version}` : `/api/${gvk.version}`;
    const place = namespaced ? `/namespaces/${encodeURIComponent(namespace || "default")}` : "";
    return `${root}${place}/${plural}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
  }
}
