import type { CheckFailure } from "../kit/provider.ts";
import type { Inputs } from "../kit/schema.ts";
import { hasSecret, isObject, type Properties, reveal, Unknown, type Value } from "../kit/values.ts";

const noBuildKit = "it needs a BuildKit builder; the lab builds with the local Docker engine";

/** Inputs of `docker-build:index:Image` as in the official plugin's documentation. The SDK sets the defaults. */
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
  exports: { type: "array", refused: "images are pushed to a registry only" },
  ignoreSecretsInDiffCalculation: { type: "array", refused: "build secrets are not supported" },
  labels: { type: "object", each: { type: "string" } },
  load: { type: "boolean", refused: "images are loaded from their registry" },
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
  return isObject(open) && isObject(value) ? Object.entries(value) : [];
};

/** Valid inputs that the lab does not support, or that would expose a secret. */
export function faultsOf(inputs: Properties): CheckFailure[] {
  const faults: CheckFailure[] = [];
  const add = (property: string, reason: string) =>
    faults.push({ property, reason: `${property} ${reason}` });
  if (hasSecret(inputs.buildArgs ?? null)) {
    const names = entriesOf(inputs.buildArgs).filter(([, value]) => hasSecret(value));
    for (const [name] of names.length > 0 ? names : [["*"]]) {
      add(
        `buildArgs.${name}`,
        "is a secret, but build arguments are readable in the image's history: pass it at run time",
      );
    }
  }
  if (inputs.buildOnPreview !== false && !(inputs.buildOnPreview instanceof Unknown)) {
    add("buildOnPreview", "must be false: the lab does not build in a preview");
  }
  if (inputs.push === false) add("push", "must be true: the lab pushes every image to its registry");
  if (Array.isArray(inputs.tags) && inputs.tags.length === 0) add("tags", "must name at least one image");
  return faults;
}

/** The inputs as they are compared: a new registry password does not cause a build. */
export function comparable(inputs: Properties): Properties {
  const registries = inputs.registries === undefined ? undefined : reveal(inputs.registries);
  if (!Array.isArray(registries)) return inputs;
  const withoutPasswords = registries.map((registry) => {
    if (!isObject(registry)) return registry;
    const { password: _ignored, ...rest } = registry;
    return rest;
  });
  return { ...inputs, registries: withoutPasswords };
}
