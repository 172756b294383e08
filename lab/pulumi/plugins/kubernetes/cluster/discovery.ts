import type { PlainObject } from "../../kit/values.ts";
import { at, list, text } from "../object/access.ts";
import type { GroupVersionKind } from "../object/kind.ts";
import { apiVersionOf, knownScope } from "../object/kind.ts";
import type { ApiClient } from "./http.ts";

export interface ApiResource {
  gvk: GroupVersionKind;
  plural: string;
  namespaced: boolean;
}

/** The server does not have a kind: its definition is not installed. */
export class NoMatch extends Error {
  readonly gvk: GroupVersionKind;
  constructor(gvk: GroupVersionKind) {
    super(`no matches for kind "${gvk.kind}" in version "${apiVersionOf(gvk)}"`);
    this.name = "NoMatch";
    this.gvk = gvk;
  }
}

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

function resourcesIn(document: PlainObject): ApiResource[] {
  return list(document, "items").flatMap((group) =>
    list(group, "versions").flatMap((version) =>
      list(version, "resources").map((resource) => ({
        gvk: {
          group: text(resource, "responseKind", "group") || text(group, "metadata", "name"),
          version: text(resource, "responseKind", "version") || text(version, "version"),
          kind: text(resource, "responseKind", "kind"),
        },
        plural: text(resource, "resource"),
        namespaced: text(resource, "scope") === "Namespaced",
      })),
    ),
  );
}

/** The server's kinds and the paths of their objects, requested once, and again after `reset`. */
export class Discovery {
  readonly #client: ApiClient;
  #known: Promise<Map<string, ApiResource>> | undefined;
  /** Scopes of kinds whose definition the program is about to create. */
  readonly #announced = new Map<string, boolean>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Discards the known kinds after a definition was installed. */
  reset(): void {
    this.#known = undefined;
  }

  /** Registers a custom resource definition of the program before it is installed. */
  announce(definition: PlainObject): void {
    const group = text(definition, "spec", "group");
    const kind = text(definition, "spec", "names", "kind");
    if (group && kind)
      this.#announced.set(`${group}/${kind}`, at(definition, "spec", "scope") === "Namespaced");
  }

  async find(gvk: GroupVersionKind): Promise<ApiResource> {
    const resource = (await this.load()).get(`${apiVersionOf(gvk)}/${gvk.kind}`);
    if (!resource) throw new NoMatch(gvk);
    return resource;
  }

  async has(gvk: GroupVersionKind): Promise<boolean> {
    return (await this.load()).has(`${apiVersionOf(gvk)}/${gvk.kind}`);
  }

  /** Whether the kind is namespaced; undefined if the kind does not exist yet. */
  async namespaced(gvk: GroupVersionKind): Promise<boolean | undefined> {
    const known = knownScope(gvk) ?? this.#announced.get(`${gvk.group}/${gvk.kind}`);
    if (known !== undefined) return known;
    return (await this.load()).get(`${apiVersionOf(gvk)}/${gvk.kind}`)?.namespaced;
  }

  load(): Promise<Map<string, ApiResource>> {
    this.#known ??= this.#request().catch((error) => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }

  async #request(): Promise<Map<string, ApiResource>> {
    const documents = await Promise.all(
      ["/api", "/apis"].map((path) => this.#client.request({ method: "GET", path, accept: aggregated })),
    );
    const known = new Map<string, ApiResource>();
    for (const resource of documents.flatMap(resourcesIn)) {
      const key = `${apiVersionOf(resource.gvk)}/${resource.gvk.kind}`;
      if (!known.has(key)) known.set(key, resource);
    }
    if (known.size === 0)
      throw new Error(
        "the API server does not offer aggregated discovery (Kubernetes 1.30 or newer is needed)",
      );
    return known;
  }
}
