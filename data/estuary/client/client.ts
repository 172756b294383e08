import { z } from "zod";
import type { HttpClient } from "../../../components/core/http/client.ts";
import type { Clock } from "../../../components/core/wait.ts";
import { secretValues } from "../spec/secrets.ts";
import type { EstuaryApi } from "./api.ts";
import { Refused, UnknownField } from "./errors.ts";
import { GraphQl } from "./graphql.ts";
import { estuaryHttp } from "./http.ts";
import * as operations from "./operations.ts";
import { statusOf } from "./status.ts";

export interface ClientOptions {
  agentUrl: string;
  restUrl: string;
  /** Public token that the PostgREST API requires in addition to an access token. */
  restToken?: string | undefined;
  encryptionUrl: string;
  /** `flow_sa_…`; sent as bearer to the agent API only. */
  apiKey: string;
  /** Seconds to keep retrying calls that may be repeated. */
  retryDeadline: number;
  requestTimeout?: number | undefined;
  clock?: Clock | undefined;
  fetch?: typeof fetch | undefined;
}

const jsonObject = z.record(z.string(), z.unknown());
const specsPerRequest = 100;
const base = (url: string): string => url.replace(/\/+$/, "");
const toFault = ({
  catalogName,
  scope,
  detail,
}: {
  catalogName: string;
  scope?: string | undefined;
  detail: string;
}) => ({
  name: catalogName,
  scope: scope ?? "",
  detail,
});

/** A client for one service account. */
export function createClient(options: ClientOptions): EstuaryApi {
  const { apiKey } = options;
  const http = estuaryHttp({ ...options, secrets: [apiKey] });
  const agent = base(options.agentUrl);
  const bearer = { authorization: `Bearer ${apiKey}` };
  const graphQl = new GraphQl(http, `${agent}/api/graphql`, bearer);
  const { query, mutate, pages } = graphQl;

  return {
    async live(names) {
      if (names.length === 0) return [];
      const nodes = await pages(operations.liveSpecs, { names }, ({ liveSpecs }) => liveSpecs);
      return nodes.flatMap(({ catalogName, liveSpec, lastPublication, status }) =>
        liveSpec
          ? [
              {
                name: catalogName,
                type: operations.specTypes.parse(liveSpec.catalogType),
                lastPublicationId: liveSpec.lastPubId,
                disabled: liveSpec.isDisabled,
                detail: lastPublication?.detail,
                status: status && statusOf(status),
              },
            ]
          : [],
      );
    },
    async drafts() {
      const nodes = await pages(operations.drafts, {}, ({ drafts }) => drafts);
      return nodes.map(({ id, detail, numSpecs }) => ({ id, detail, specs: numSpecs }));
    },
    createDraft: async (detail) =>
      (await mutate(operations.createDraft, { detail }, "unsent")).createDraft.id,
    async stage(draftId, specs) {
      for (let at = 0; at < specs.length; at += specsPerRequest) {
        const some = specs.slice(at, at + specsPerRequest).map(({ name, type, model }) => ({
          catalogName: name,
          catalogType: type ?? null,
          model: model ?? null,
        }));
        await mutate(operations.stageDraftSpecs, { draftId, specs: some }, "safe");
      }
    },
    async prune(draftId) {
      const nodes = await pages(operations.draftSpecs, { id: draftId }, ({ draft }) => draft?.specs);
      const catalogNames = nodes
        .filter(({ isUnchanged }) => isUnchanged)
        .map(({ catalogName }) => catalogName);
      if (catalogNames.length > 0)
        await mutate(operations.unstageDraftSpecs, { draftId, catalogNames }, "safe");
    },
    async draftFaults(draftId) {
      return (await query(operations.draftErrors, { id: draftId })).draft?.errors.map(toFault);
    },
    async deleteDraft(draftId) {
      try {
        await mutate(operations.deleteDraft, { id: draftId }, "safe");
      } catch (error) {
        // Gone already is gone: a publication that succeeds takes its draft with it.
        if (!(error instanceof Refused)) throw error;
        if ((await query(operations.draftErrors, { id: draftId })).draft !== undefined) throw error;
      }
    },
    async publish(draftId, detail, dataPlane) {
      const variables = { draftId, dryRun: false, defaultDataPlane: dataPlane, detail };
      try {
        return (await mutate(operations.createPublication, variables, "unsent")).createPublication.id;
      } catch (error) {
        if (!(error instanceof UnknownField)) throw error;
        return await publishByRest(http, options, { draftId, detail, dataPlane });
      }
    },
    async publication(id) {
      const found = (await query(operations.publication, { id })).publication;
      return (
        found && {
          type: found.status.type,
          faults: found.errors.map(toFault),
          lockFailures: found.status.lockFailures.map(({ catalogName }) => catalogName),
        }
      );
    },
    async endpointSchema(image) {
      const at = image.lastIndexOf(":");
      const [name, tag] = [image.slice(0, at), image.slice(at + 1)];
      const found = (await query(operations.connector, { name, tag })).connector?.connectorTag;
      if (found?.endpointSpecSchema) return found.endpointSpecSchema;
      throw new Refused({
        call: "Connector",
        message: `the image ${image} is unknown to Estuary: check its spelling`,
      });
    },
    encrypt: (config, schema) =>
      http.call({
        name: "encrypt-config",
        method: "POST",
        url: `${base(options.encryptionUrl)}/v1/encrypt-config`,
        // What is refused may be quoted in the answer.
        secrets: secretValues(config, schema),
        body: { config, schema },
        schema: jsonObject,
        retry: "safe",
      }),
  };
}

/** How publications were started before the agent API could: in PostgREST, with an access token for the key. */
async function publishByRest(
  http: HttpClient,
  { agentUrl, restUrl, restToken, apiKey }: ClientOptions,
  { draftId, detail, dataPlane }: { draftId: string; detail: string; dataPlane: string },
): Promise<string> {
  if (restToken === undefined) {
    throw new Refused({
      call: "CreatePublication",
      message:
        "this agent API cannot start publications: set pipeline.estuary.restToken to the public token that flowctl has built in, so that PostgREST can be used",
    });
  }
  const { access_token } = await http.call({
    name: "auth/token",
    method: "POST",
    url: `${base(agentUrl)}/api/v1/auth/token`,
    body: { grant_type: "api_key", api_key: apiKey },
    schema: z.object({ access_token: z.string() }),
    retry: "safe",
  });
  const rows = await http.call({
    name: "POST /publications",
    method: "POST",
    url: `${base(restUrl)}/publications?select=id`,
    headers: { apikey: restToken, authorization: `Bearer ${access_token}`, prefer: "return=representation" },
    body: { draft_id: draftId, dry_run: false, detail, data_plane_name: dataPlane },
    schema: z.array(z.object({ id: z.string() })).min(1),
    retry: "unsent",
  });
  return rows[0]?.id ?? "";
}
