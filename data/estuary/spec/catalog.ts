import { z } from "zod";

/** Catalog names: the tenant and at least one more part, separated by slashes. */
export const catalogName = z
  .string()
  .regex(/^[\p{L}\p{N}._-]+(\/[\p{L}\p{N}._-]+)+$/u, "a catalog name like acmeCo/source-slack");

const pointer = z.string().regex(/^(\/[^/]+)+$/, "a JSON pointer like /id");
const jsonObject = z.record(z.string(), z.unknown());
const connector = z.strictObject({
  connector: z.strictObject({
    image: z.string().regex(/^[a-z0-9./-]+:[a-z0-9.-]+$/, "an image with its tag"),
    config: jsonObject,
  }),
});
const counter = z.number().int().nonnegative();
const shards = z.strictObject({ disable: z.boolean() });

/** A capture, as far as we use it: reads a source into collections. */
const captureModel = z.strictObject({
  autoDiscover: z.strictObject({
    addNewBindings: z.boolean(),
    evolveIncompatibleCollections: z.boolean(),
  }),
  endpoint: connector,
  interval: z.string().optional(),
  shards: shards.optional(),
  bindings: z
    .array(
      z.strictObject({
        resource: jsonObject,
        target: catalogName,
        backfill: counter.optional(),
        disable: z.boolean().optional(),
      }),
    )
    .min(1),
});

/** A collection. Its key never changes: another key is another collection. */
const collectionModel = z.strictObject({
  key: z.array(pointer).min(1),
  schema: jsonObject.optional(),
  writeSchema: jsonObject.optional(),
  readSchema: jsonObject.optional(),
  /** Locations under a name of our own, by that name. */
  projections: z.record(z.string(), pointer).optional(),
});
export type CollectionModel = z.infer<typeof collectionModel>;

/** A materialization: writes collections into tables. */
const materializationModel = z.strictObject({
  /** `abort` where views or a publication depend on the table: the default drops and rebuilds it. */
  onIncompatibleSchemaChange: z.enum(["abort", "backfill", "disableBinding", "disableTask"]),
  endpoint: connector,
  shards: shards.optional(),
  bindings: z
    .array(
      z.strictObject({
        source: catalogName,
        resource: jsonObject,
        fields: z.strictObject({
          recommended: z.union([z.boolean(), counter]),
          require: z.record(z.string(), jsonObject).optional(),
          exclude: z.array(z.string()).optional(),
        }),
        priority: z.number().int().optional(),
        backfill: counter.optional(),
        disable: z.boolean().optional(),
      }),
    )
    .min(1),
});

export const spec = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("capture"), model: captureModel }),
  z.strictObject({ type: z.literal("collection"), model: collectionModel }),
  z.strictObject({ type: z.literal("materialization"), model: materializationModel }),
]);
export type Spec = z.infer<typeof spec>;
export type SpecType = Spec["type"];

/** Specs by catalog name: what one publication publishes. */
export const specs = z.record(catalogName, spec);
export type Specs = z.infer<typeof specs>;

/** Tasks run; collections only hold. */
export const isTask = ({ type }: { type: SpecType }): boolean => type !== "collection";
