import { bringLive } from "../../../../../data/estuary/reconcile/publication.ts";
import type { Specs } from "../../../../../data/estuary/spec/catalog.ts";
import { somePrivateKey, someSecret } from "./estuary.ts";
import { everything } from "./specs.ts";

/** Secrets in `specs`. */
export const secrets: string[] = [];
export const specs = everything(() => {
  const made = someSecret();
  secrets.push(made);
  return made;
}, somePrivateKey());
export const slack = "sophia/test/source-slack";
/** Publishes specs as the resource with that task. */
export const bring = (context: Parameters<typeof bringLive>[0], owner: string, some: Specs) =>
  bringLive(context, { owner: `sophia/test/${owner}`, specs: some });

/** What of a model is changed here. */
interface Loose {
  endpoint: { connector: { image: string; config: object } };
  bindings: { target: string }[];
  key: string[];
  writeSchema: object;
  readSchema: object;
}

/** The same with one thing in a model changed. */
export function changed(some: Specs, name: string, change: (model: Loose) => void): Specs {
  const copy = structuredClone(some);
  change(copy[name]?.model as unknown as Loose);
  return copy;
}
