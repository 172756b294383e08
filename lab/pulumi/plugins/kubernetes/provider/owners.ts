import { type KubeObject, kindOf, nameOf, namespaceOf } from "../object/access.ts";
import { kindOfObject } from "../object/kind.ts";

const identityOf = (object: KubeObject): string =>
  JSON.stringify([kindOfObject(object).group, kindOf(object), namespaceOf(object), nameOf(object)]);

/**
 * Which resource of the program has which object, as far as this process knows: those that it has compared or created. So
 * two resources that name the same object are noticed also where existing objects are adopted.
 */
export class Owners {
  readonly #urns = new Map<string, string>();

  /** Notes the resource as the object's. False if the object is another resource's. */
  claim(object: KubeObject, urn: string): boolean {
    const identity = identityOf(object);
    const owner = this.#urns.get(identity);
    if (owner !== undefined && owner !== urn) return false;
    this.#urns.set(identity, urn);
    return true;
  }

  /** Forgets an object that the resource no longer has. */
  release(object: KubeObject, urn: string): void {
    const identity = identityOf(object);
    if (this.#urns.get(identity) === urn) this.#urns.delete(identity);
  }
}
