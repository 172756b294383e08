import type { z } from "zod";
import type { LiveCapture, LiveCollection, LiveMaterialization, LiveSpecs } from "../plane/types.ts";
import { connectorOf } from "./connectors.ts";
import { capture, collection, isInferred, materialization, sourceName } from "./models.ts";
import { decryptConfig } from "./sops.ts";
import type { LiveSpec } from "./state.ts";

const perUnit = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const secondsOf = (interval: string): number =>
  Number.parseInt(interval, 10) * perUnit[interval.slice(-1) as keyof typeof perUnit];

type Spec = Pick<LiveSpec, "type" | "model" | "lastPubId">;

/** What the data plane is given to run: everything that is live, decrypted, with defaults filled in. */
export function liveSpecs(masterKey: Buffer, live: Record<string, Spec>): LiveSpecs {
  const specs: LiveSpecs = { captures: {}, collections: {}, materializations: {} };
  for (const [name, spec] of Object.entries(live)) {
    if (spec.type === "capture") specs.captures[name] = toCapture(masterKey, spec);
    else if (spec.type === "materialization")
      specs.materializations[name] = toMaterialization(masterKey, spec);
    else {
      specs.collections[name] = toCollection(spec.model);
    }
  }
  return specs;
}

/** A collection as the tasks use it. @throws when the model is none */
export function toCollection(model: unknown): LiveCollection {
  const parsed = collection.parse(model);
  const [publishedAt] = Object.keys(parsed.projections ?? {});
  return {
    key: parsed.key,
    schema: parsed.schema ?? parsed.writeSchema ?? {},
    ...(!isInferred(parsed) && { declaredOnly: true as const }),
    ...(publishedAt && { publishedAt }),
  };
}

/** What captures and materializations have in common. */
function taskOf(
  masterKey: Buffer,
  { lastPubId }: Spec,
  { endpoint, shards }: Pick<z.infer<typeof capture>, "endpoint" | "shards">,
) {
  const { image, config } = endpoint.connector;
  return {
    connector: connectorOf(image)?.name,
    image,
    disabled: shards?.disable ?? false,
    publicationId: lastPubId,
    config: decryptConfig(masterKey, config),
  };
}

// Configurations were validated against the connector's schema when they were published.

function toCapture(masterKey: Buffer, spec: Spec): LiveCapture {
  const model = capture.parse(spec.model);
  return {
    ...taskOf(masterKey, spec, model),
    intervalSeconds: secondsOf(model.interval),
    bindings: model.bindings.map(({ disable, ...binding }) => ({ ...binding, disabled: disable })),
  } as unknown as LiveCapture;
}

function toMaterialization(masterKey: Buffer, spec: Spec): LiveMaterialization {
  const model = materialization.parse(spec.model);
  return {
    ...taskOf(masterKey, spec, model),
    onIncompatibleSchemaChange: model.onIncompatibleSchemaChange,
    bindings: model.bindings.map(({ source, fields, disable, ...binding }) => ({
      ...binding,
      source: sourceName(source),
      fields: {
        // `true` stands for every depth.
        recommended: fields.recommended === true ? 99 : Number(fields.recommended),
        require: Object.keys({ ...fields.require, ...fields.include }),
        exclude: fields.exclude,
      },
      disabled: disable,
    })),
  } as unknown as LiveMaterialization;
}
