import { z } from "zod";

const json = z.record(z.string(), z.unknown());
const endpoint = z.strictObject({ connector: z.strictObject({ image: z.string(), config: json }) });
const shards = z.looseObject({ disable: z.boolean().default(false) });
const pointers = z.array(z.string().regex(/^(\/[^/]+)+$/)).min(1);
const backfill = z.number().int().nonnegative().default(0);
const flag = z.boolean().default(false);

export const capture = z.strictObject({
  autoDiscover: z
    .strictObject({ addNewBindings: flag, evolveIncompatibleCollections: flag })
    .nullable()
    .optional(),
  endpoint,
  interval: z
    .string()
    .regex(/^[0-9]+ ?(s|m|h|d)$/)
    .default("5m"),
  shards: shards.optional(),
  expectPubId: z.string().optional(),
  delete: flag,
  bindings: z.array(z.strictObject({ resource: json, target: z.string(), backfill, disable: flag })),
});
export type Capture = z.infer<typeof capture>;

export const collection = z
  .strictObject({
    key: pointers,
    schema: json.optional(),
    writeSchema: json.optional(),
    readSchema: json.optional(),
    projections: z.record(z.string(), z.string()).optional(),
    journals: json.optional(),
    expectPubId: z.string().optional(),
    delete: flag,
  })
  .refine(
    ({ schema, writeSchema, readSchema }) =>
      schema ? !writeSchema && !readSchema : writeSchema !== undefined && readSchema !== undefined,
    "must have either `schema`, or both `writeSchema` and `readSchema`",
  );
export type Collection = z.infer<typeof collection>;

/** Whether it is read by what Estuary infers from its documents, besides what is declared. */
export const isInferred = ({ readSchema }: Pick<Collection, "readSchema">): boolean =>
  JSON.stringify(readSchema ?? {}).includes('"flow://inferred-schema"');

const source = z.union([z.string(), z.looseObject({ name: z.string() })]);
export const materialization = z.strictObject({
  onIncompatibleSchemaChange: z
    .enum(["abort", "backfill", "disableBinding", "disableTask"])
    .default("backfill"),
  source: z.unknown().optional(),
  endpoint,
  shards: shards.optional(),
  expectPubId: z.string().optional(),
  delete: flag,
  bindings: z.array(
    z.strictObject({
      source,
      resource: json,
      fields: z
        .strictObject({
          recommended: z.union([z.boolean(), z.number().int().nonnegative()]),
          require: json.default({}),
          /** Old name of `require`. */
          include: json.default({}),
          exclude: z.array(z.string()).default([]),
          groupBy: z.array(z.string()).default([]),
        })
        .default({ recommended: 1, require: {}, include: {}, exclude: [], groupBy: [] }),
      priority: z.number().int().default(0),
      backfill,
      disable: flag,
    }),
  ),
});
export type Materialization = z.infer<typeof materialization>;

export const models = { capture, collection, materialization } as const;

/** Name of the collection that a binding reads. */
export const sourceName = (given: z.infer<typeof source>): string =>
  typeof given === "string" ? given : given.name;
