import type { CheckFailure } from "../kit/provider.ts";
import type { Inputs } from "../kit/schema.ts";
import { hasSecret, isPlainObject, type Properties, reveal, Unknown, type Value } from "../kit/values.ts";

const noBuildKit = "it needs BuildKit's own builders, and the lab has the local engine's";

/** Inputs of `docker-build:index:Image` as the official plugin documents them; defaults are the SDK's. */
export const imageInputs: Inputs = {
  addHosts: { type: "array", refused: noBuildKit },
  buildArgs: { type: "object", each: { type: "string" } },
  buildOnPreview: { type: "boolean" },
  builder: { type: "object", refused: noBuildKit },
  cacheFrom: { type: "array", refused: noBuildKit },
  cacheTo: { type: "array", refused: noBuildKit },
  context: {
    type: "object",
    required: true,
    fields: {
      location: { type: "string", required: true },
      named: { type: "object", refused: noBuildKit },
    },
  },
  dockerfile: {
    type: "object",
    required: true,
    fields: {
      location: { type: "string", required: true },
      inline: { type: "string", refused: "the Dockerfile must be a file" },
    },
  },
  exec: { type: "boolean", refused: noBuildKit },
  exports: { type: "array", refused: "an image is pushed, and exported nowhere else" },
  ignoreSecretsInDiffCalculation: { type: "array", refused: "build secrets are" },
  labels: { type: "object", each: { type: "string" } },
  load: { type: "boolean", refused: "an image is pushed, and loaded from its registry" },
  network: { type: "string", oneOf: ["default", "host", "none"] },
  noCache: { type: "boolean" },
  platforms: { type: "array", each: { type: "string" } },
  pull: { type: "boolean" },
  push: { type: "boolean", required: true },
  registries: {
    type: "array",
    each: {
      type: "object",
      fields: {
        address: { type: "string", required: true },
        username: { type: "string" },
        password: { type: "string", secret: true },
      },
    },
  },
  secrets: { type: "object", refused: noBuildKit },
  ssh: { type: "array", refused: noBuildKit },
  tags: { type: "array", required: true, each: { type: "string" } },
  target: { type: "string" },
};

const entriesOf = (value: Value | undefined): [string, Value][] => {
  const open = value === undefined ? undefined : reveal(value);
  return isPlainObject(open) && isPlainObject(value) ? Object.entries(value) : [];
};

/** What of otherwise sound inputs the lab cannot do, or nobody should. */
export function faultsOf(inputs: Properties): CheckFailure[] {
  const faults: CheckFailure[] = [];
  const add = (property: string, reason: string) =>
    faults.push({ property, reason: `${property} ${reason}` });
  if (hasSecret(inputs.buildArgs ?? null)) {
    const names = entriesOf(inputs.buildArgs).filter(([, value]) => hasSecret(value));
    for (const [name] of names.length > 0 ? names : [["*"]]) {
      add(
        `buildArgs.${name}`,
        "is a secret, and build arguments stay in the image's history for all to read",
      );
    }
  }
  if (inputs.buildOnPreview !== false && !(inputs.buildOnPreview instanceof Unknown)) {
    add("buildOnPreview", "must be false: the lab builds nothing in a preview");
  }
  if (inputs.push === false) add("push", "must be true: the lab's images are pushed to their registry");
  if (Array.isArray(inputs.tags) && inputs.tags.length === 0) add("tags", "must name at least one image");
  return faults;
}

/** As compared: a registry's new password is no reason to build again. */
export function comparable(inputs: Properties): Properties {
  const registries = inputs.registries === undefined ? undefined : reveal(inputs.registries);
  if (!Array.isArray(registries)) return inputs;
  const withoutPasswords = registries.map((registry) => {
    if (!isPlainObject(registry)) return registry;
    const { password: _ignored, ...rest } = registry;
    return rest;
  });
  return { ...inputs, registries: withoutPasswords };
}
