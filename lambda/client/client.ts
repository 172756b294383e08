import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../../components/core/wait.ts";
import type { LambdaApi } from "./api.ts";
import { NotFound } from "./errors.ts";
import { LambdaHttp } from "./http.ts";
import { type Limiter, meetingPlace, SharedLimiter } from "./limiter.ts";
import {
  catalogueSchema,
  fileSystemSchema,
  firewallRuleSchema,
  instanceSchema,
  rulesetSchema,
  sshKeySchema,
  type WireInstance,
} from "./wire.ts";

export interface ClientOptions {
  apiUrl: string;
  apiKey: string;
  /** Requests per second for the whole account. */
  requestsPerSecond: number;
  /** Seconds between two launches for the whole account. */
  launchSpacing: number;
  /** Seconds to keep retrying calls that may be repeated. Default: 120. */
  retryDeadline?: number;
  /** Seconds after which a request counts as unanswered. A launch took 9 s when measured. Default: 60. */
  requestTimeout?: number;
  clock?: Clock;
  fetch?: typeof fetch;
  /** Default: the queues that all processes of this machine share. */
  limiters?: { all: Limiter; launch: Limiter };
}

const data = <T extends z.ZodType>(schema: T) => z.object({ data: schema });
const anything = z.unknown();
const launched = data(z.object({ instance_ids: z.array(z.string()).min(1) }));
const terminated = data(z.object({ terminated_instances: z.array(z.object({ id: z.string() })) }));
const page = z.object({ data: z.array(instanceSchema), page_token: z.string().nullish() });

/** A client for one account. All processes that create one for the same URL and key share the same limits. */
export async function createClient(options: ClientOptions): Promise<LambdaApi> {
  const { apiUrl, apiKey, requestsPerSecond, launchSpacing, clock } = options;
  let limiters = options.limiters;
  if (!limiters) {
    const place = await meetingPlace(apiUrl, apiKey);
    limiters = {
      all: new SharedLimiter(join(place, "requests"), 1000 / requestsPerSecond, clock),
      launch: new SharedLimiter(join(place, "launches"), launchSpacing * 1000, clock),
    };
  }
  const http = new LambdaHttp({
    apiUrl,
    apiKey,
    limiter: limiters.all,
    retryDeadline: options.retryDeadline ?? 120,
    requestTimeout: options.requestTimeout ?? 60,
    backoffMs: 3000 / requestsPerSecond,
    ...(clock && { clock }),
    ...(options.fetch && { fetch: options.fetch }),
  });
  return clientOver(http, limiters.launch);
}

function clientOver(http: LambdaHttp, launchLimiter: Limiter): LambdaApi {
  const get = <T>(path: string, schema: z.ZodType<T>, query?: Record<string, string>) =>
    http.call({ method: "GET", path, schema, retry: "safe", ...(query && { query }) });
  const list = async <T>(path: string, schema: z.ZodType<T>) => (await get(path, data(z.array(schema)))).data;
  const post = async <T>(path: string, body: unknown, schema: z.ZodType<T>) =>
    (await http.call({ method: "POST", path, body, schema: data(schema), retry: "unsent" })).data;
  const remove = async (path: string) => {
    await unlessMissing(http.call({ method: "DELETE", path, schema: anything, retry: "safe" }));
  };
  const at = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`;

  return {
    async listInstances() {
      const all: WireInstance[] = [];
      let token: string | undefined;
      do {
        const answer = await get("/instances", page, token === undefined ? undefined : { page_token: token });
        all.push(...answer.data);
        token = answer.page_token ?? undefined;
      } while (token !== undefined);
      return all;
    },
    getInstance: async (id) => (await unlessMissing(get(at("/instances", id), data(instanceSchema))))?.data,
    async launch(request, signal) {
      const answer = await http.call({
        method: "POST",
        path: "/instance-operations/launch",
        body: request,
        schema: launched,
        retry: "unsent",
        limiters: [launchLimiter],
        signal,
      });
      const [id] = answer.data.instance_ids;
      if (id === undefined) throw new Error("unreachable: the schema asks for one id");
      return id;
    },
    renameInstance: async (id, name) =>
      (
        await http.call({
          method: "POST",
          path: at("/instances", id),
          body: { name },
          schema: data(instanceSchema),
          retry: "safe",
        })
      ).data,
    async terminate(id) {
      const answer = await unlessMissing(
        http.call({
          method: "POST",
          path: "/instance-operations/terminate",
          body: { instance_ids: [id] },
          schema: terminated,
          retry: "safe",
        }),
      );
      return answer?.data.terminated_instances.some((instance) => instance.id === id) ?? false;
    },
    catalogue: async () => (await get("/instance-types", data(catalogueSchema))).data,

    listSshKeys: () => list("/ssh-keys", sshKeySchema),
    createSshKey: (key) => post("/ssh-keys", key, sshKeySchema),
    deleteSshKey: (id) => remove(at("/ssh-keys", id)),

    // Two spellings: with a hyphen for the list, without for changes; the other way round answers 405.
    listFileSystems: () => list("/file-systems", fileSystemSchema),
    createFileSystem: (fileSystem) => post("/filesystems", fileSystem, fileSystemSchema),
    deleteFileSystem: (id) => remove(at("/filesystems", id)),

    listFirewallRules: () => list("/firewall-rules", firewallRuleSchema),
    listRulesets: () => list("/firewall-rulesets", rulesetSchema),
    getRuleset: async (id) =>
      (await unlessMissing(get(at("/firewall-rulesets", id), data(rulesetSchema))))?.data,
    createRuleset: (ruleset) => post("/firewall-rulesets", ruleset, rulesetSchema),
    updateRuleset: async (id, change) =>
      (
        await http.call({
          method: "PATCH",
          path: at("/firewall-rulesets", id),
          body: change,
          schema: data(rulesetSchema),
          retry: "safe",
        })
      ).data,
    deleteRuleset: (id) => remove(at("/firewall-rulesets", id)),
  };
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}
