import { z } from "zod";

/** One GraphQL operation with the shape of its answer. Unknown fields are left out, null is absence. */
export interface Operation<T> {
  name: string;
  text: string;
  data: z.ZodType<T>;
}
const operation = <T>(name: string, text: string, data: z.ZodType<T>): Operation<T> => ({ name, text, data });

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);
const edges = <T extends z.ZodType>(node: T) => z.object({ edges: z.array(z.object({ node })) });
const page = z.object({ hasNextPage: z.boolean(), endCursor: optional(z.string()) });
const fault = z.object({ catalogName: z.string(), scope: optional(z.string()), detail: z.string() });

const failure = z.object({ message: z.string(), fields: z.record(z.string(), z.unknown()) });
const status = z.object({
  type: z.string(),
  summary: z.string(),
  controller: optional(z.object({ activation: optional(z.object({ lastFailure: optional(failure) })) })),
});

export const specTypes = z.enum(["capture", "collection", "materialization"]);

export const liveSpecs = operation(
  "LiveSpecs",
  `query LiveSpecs($names: [Name!]!, $after: String) {
    liveSpecs(by: { names: $names }, first: 100, after: $after) {
      edges { node {
        catalogName
        liveSpec { catalogType lastPubId isDisabled }
        lastPublication { publicationId detail }
        status { type summary controller { activation { lastFailure { message fields } } } }
      } }
      pageInfo { hasNextPage endCursor }
    }
  }`,
  z.object({
    liveSpecs: edges(
      z.object({
        catalogName: z.string(),
        liveSpec: optional(
          z.object({ catalogType: z.string(), lastPubId: z.string(), isDisabled: z.boolean() }),
        ),
        lastPublication: optional(z.object({ detail: optional(z.string()) })),
        status: optional(status),
      }),
    ).extend({ pageInfo: page }),
  }),
);

export const drafts = operation(
  "Drafts",
  `query Drafts($after: String) {
    drafts(after: $after, first: 100) {
      edges { node { id detail numSpecs } }
      pageInfo { hasNextPage endCursor }
    }
  }`,
  z.object({
    drafts: edges(z.object({ id: z.string(), detail: optional(z.string()), numSpecs: z.number() })).extend({
      pageInfo: page,
    }),
  }),
);

export const createDraft = operation(
  "CreateDraft",
  "mutation CreateDraft($detail: String) { createDraft(detail: $detail) { id } }",
  z.object({ createDraft: z.object({ id: z.string() }) }),
);

export const stageDraftSpecs = operation(
  "StageDraftSpecs",
  `mutation StageDraftSpecs($draftId: Id!, $specs: [DraftSpecInput!]!) {
    stageDraftSpecs(draftId: $draftId, specs: $specs)
  }`,
  z.object({ stageDraftSpecs: z.unknown() }),
);

export const unstageDraftSpecs = operation(
  "UnstageDraftSpecs",
  `mutation UnstageDraftSpecs($draftId: Id!, $catalogNames: [Name!]!) {
    unstageDraftSpecs(draftId: $draftId, catalogNames: $catalogNames)
  }`,
  z.object({ unstageDraftSpecs: z.unknown() }),
);

export const draftSpecs = operation(
  "DraftSpecs",
  `query DraftSpecs($id: Id!, $after: String) {
    draft(id: $id) {
      specs(after: $after, first: 100) {
        edges { node { catalogName isUnchanged } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }`,
  z.object({
    draft: optional(
      z.object({
        specs: edges(z.object({ catalogName: z.string(), isUnchanged: z.boolean() })).extend({
          pageInfo: page,
        }),
      }),
    ),
  }),
);

export const draftErrors = operation(
  "DraftErrors",
  "query DraftErrors($id: Id!) { draft(id: $id) { errors { catalogName scope detail } } }",
  z.object({ draft: optional(z.object({ errors: z.array(fault) })) }),
);

export const deleteDraft = operation(
  "DeleteDraft",
  "mutation DeleteDraft($id: Id!) { deleteDraft(id: $id) }",
  z.object({ deleteDraft: z.unknown() }),
);

export const createPublication = operation(
  "CreatePublication",
  `mutation CreatePublication($draftId: Id!, $dryRun: Boolean!, $defaultDataPlane: String, $detail: String) {
    createPublication(draftId: $draftId, dryRun: $dryRun, defaultDataPlane: $defaultDataPlane, detail: $detail) {
      id
    }
  }`,
  z.object({ createPublication: z.object({ id: z.string() }) }),
);

export const publication = operation(
  "Publication",
  `query Publication($id: Id!) {
    publication(id: $id) {
      status { type lockFailures { catalogName } }
      errors { catalogName scope detail }
    }
  }`,
  z.object({
    publication: optional(
      z.object({
        status: z.object({ type: z.string(), lockFailures: z.array(z.object({ catalogName: z.string() })) }),
        errors: z.array(fault),
      }),
    ),
  }),
);

export const connector = operation(
  "Connector",
  `query Connector($name: String!, $tag: String!) {
    connector(imageName: $name) { connectorTag(imageTag: $tag) { imageTag endpointSpecSchema } }
  }`,
  z.object({
    connector: optional(
      z.object({
        connectorTag: optional(
          z.object({ imageTag: z.string(), endpointSpecSchema: optional(z.record(z.string(), z.unknown())) }),
        ),
      }),
    ),
  }),
);
