import {
  buildSchema,
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  parse,
  validate,
} from "graphql";
import { z } from "zod";
import { connectorOf } from "./connectors.ts";
import type { ControlPlane } from "./controlPlane.ts";
import { definitions } from "./definitions.ts";
import { alerts, isDisabled, statusOf } from "./monitor.ts";
import { type Draft, type DraftSpec, type Publication, specType } from "./state.ts";

export interface GraphQlRequest {
  query: string;
  operationName?: string | undefined;
  variables?: Record<string, unknown> | undefined;
}

/** Far more documents than clients have; one who puts values into them has no end of them. */
const kept = 100;

/** Answers GraphQL requests. */
export class GraphQlApi {
  readonly #schema: GraphQLSchema;
  readonly #root: Record<string, unknown>;
  /** Checked documents by their text. To read them anew takes longer than to answer. */
  readonly #documents = new Map<string, DocumentNode>();

  /** @param createPublication Whether publications can be started here, as in the newest agent API. */
  constructor(control: ControlPlane, createPublication = true) {
    this.#schema = buildSchema(definitions(createPublication));
    this.#root = { ...queries(control), ...mutations(control) };
  }

  async answer({ query, operationName, variables }: GraphQlRequest): Promise<ExecutionResult> {
    const document = this.#documents.get(query) ?? this.#read(query);
    if (Array.isArray(document)) return { errors: document };
    return execute({
      schema: this.#schema,
      rootValue: this.#root,
      document,
      ...(operationName !== undefined && { operationName }),
      ...(variables && { variableValues: variables }),
    });
  }

  /** @returns what is wrong with a document that is not kept */
  #read(query: string): DocumentNode | GraphQLError[] {
    try {
      const document = parse(query);
      const errors = validate(this.#schema, document);
      if (errors.length > 0) return [...errors];
      if (this.#documents.size >= kept) this.#documents.clear();
      this.#documents.set(query, document);
      return document;
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
  }
}

interface Paging {
  after?: string | null;
  first?: number | null;
}

/** A page of items in the order of their cursors. */
function connection<T>(items: readonly T[], cursor: (item: T) => string, { after, first }: Paging) {
  const sorted = [...items].sort((one, other) => (cursor(one) < cursor(other) ? -1 : 1));
  const rest = after ? sorted.filter((item) => cursor(item) > after) : sorted;
  const page = rest.slice(0, first ?? 100);
  const last = page.at(-1);
  return {
    edges: page.map((node) => ({ node, cursor: cursor(node) })),
    pageInfo: {
      hasPreviousPage: Boolean(after),
      hasNextPage: rest.length > page.length,
      endCursor: last && cursor(last),
    },
  };
}

const time = (milliseconds: number): string => new Date(milliseconds).toISOString();

function draftNode(control: ControlPlane, draft: Draft) {
  const specs = Object.entries(draft.specs).map(([catalogName, spec]) => ({
    catalogName,
    catalogType: spec.type,
    model: spec.model,
    expectPubId: spec.expectPubId,
    isUnchanged: control.isUnchanged(catalogName, spec),
  }));
  return {
    id: draft.id,
    createdAt: time(draft.createdAt),
    detail: draft.detail,
    numSpecs: specs.length,
    errors: errorsOf(draft),
    specs: (paging: Paging) => connection(specs, ({ catalogName }) => catalogName, paging),
  };
}
const errorsOf = (draft: Draft | undefined) =>
  (draft?.errors ?? []).map(({ name, scope, detail }) => ({ catalogName: name, scope, detail }));

const publicationNode = (control: ControlPlane, job: Publication) => ({
  ...job,
  status: { type: job.type, lockFailures: job.lockFailures.map((catalogName) => ({ catalogName })) },
  errors: errorsOf(control.store.state.drafts[job.draftId]),
});

function liveNode(control: ControlPlane, name: string) {
  const live = control.store.state.live[name];
  if (!live) return { catalogName: name };
  const times = { createdAt: time(live.createdAt), updatedAt: time(live.updatedAt) };
  return {
    catalogName: name,
    status: statusOf(control, name),
    activeAlerts: alerts(control, name),
    liveSpec: {
      liveSpecId: live.id,
      catalogName: name,
      catalogType: live.type,
      lastPubId: live.lastPubId,
      isDisabled: isDisabled(live.type, live.model),
      model: live.model,
      ...times,
    },
    lastPublication: { publicationId: live.lastPubId, publishedAt: times.updatedAt, detail: live.detail },
  };
}

function queries(control: ControlPlane) {
  return {
    liveSpecs({
      by,
      ...paging
    }: { by: { names?: string[]; prefix?: string; catalogType?: string } } & Paging) {
      const below = Object.keys(control.store.state.live).filter(
        (name) => by.prefix && name.startsWith(by.prefix),
      );
      const wanted = (by.names ?? below).filter(
        (name) => by.catalogType == null || control.store.state.live[name]?.type === by.catalogType,
      );
      return connection(
        wanted.map((name) => liveNode(control, name)),
        ({ catalogName }) => catalogName,
        paging,
      );
    },
    alerts: ({ by, ...paging }: { by: { prefix: string } } & Paging) =>
      connection(alerts(control, by.prefix), ({ catalogName }) => catalogName, paging),
    drafts: (paging: Paging) =>
      connection(
        Object.values(control.store.state.drafts).map((draft) => draftNode(control, draft)),
        ({ id }) => id,
        paging,
      ),
    draft({ id }: { id: string }) {
      const found = control.store.state.drafts[id];
      return found ? draftNode(control, found) : null;
    },
    publication({ id }: { id: string }) {
      const found = control.store.state.publications[id];
      return found ? publicationNode(control, found) : null;
    },
    connector({ imageName }: { imageName: string }) {
      const tagged = (tag: string) => connectorOf(`${imageName}:${tag}`);
      if (!["v1", "v2", "v3", "v4", "v5"].some(tagged)) return null;
      return {
        imageName,
        connectorTag: ({ imageTag }: { imageTag?: string }) => {
          const found = imageTag ? tagged(imageTag) : undefined;
          return found ? { imageTag, ...found } : null;
        },
      };
    },
  };
}

const staged = z.array(
  z.object({
    catalogName: z.string(),
    catalogType: specType.nullish(),
    model: z.record(z.string(), z.unknown()).nullish(),
    expectPubId: z.string().nullish(),
  }),
);

function mutations(control: ControlPlane) {
  return {
    createDraft: ({ detail }: { detail?: string | null }) =>
      draftNode(control, control.createDraft(detail ?? undefined)),
    stageDraftSpecs({ draftId, specs }: { draftId: string; specs: unknown }) {
      const given = staged.parse(specs);
      const rows = given.map(({ catalogName, catalogType, model, expectPubId }): [string, DraftSpec] => {
        if ((catalogType == null) !== (model == null))
          throw new Error(
            `${catalogName}: catalogType and model must both be given, or both be null for a deletion`,
          );
        const spec = catalogType != null && model != null ? { type: catalogType, model } : {};
        return [catalogName, { ...spec, ...(expectPubId != null && { expectPubId }) }];
      });
      control.stage(draftId, Object.fromEntries(rows));
      return rows.length;
    },
    unstageDraftSpecs({ draftId, catalogNames }: { draftId: string; catalogNames: string[] }) {
      control.unstage(draftId, catalogNames);
      return catalogNames.length;
    },
    deleteDraft({ id }: { id: string }) {
      control.deleteDraft(id);
      return true;
    },
    createPublication: ({
      draftId,
      dryRun,
      detail,
    }: {
      draftId: string;
      dryRun: boolean;
      detail?: string | null;
    }) => publicationNode(control, control.queue(draftId, { dryRun, detail: detail ?? undefined })),
  };
}
