import { z } from "zod";
import type { Clock } from "../../../../../../components/core/wait.ts";
import type { HubSpotConfig } from "../../types.ts";
import { type Call, call, endlessly, HttpFailure } from "../http.ts";

const record = z.looseObject({
  // Not narrower: what does not fit is told apart later, with the collection's own schema.
  id: z.unknown(),
  updatedAt: z.unknown(),
  properties: z.record(z.string(), z.unknown()),
});
export type Crm = z.infer<typeof record>;
const next = z.object({ next: z.object({ after: z.string() }) }).optional();
const page = z.object({ results: z.array(record), paging: next });
const found = page.extend({ total: z.number() });
const batch = z.object({ results: z.array(record) });
const properties = z.object({ results: z.array(z.object({ name: z.string(), calculated: z.boolean() })) });
const associations = z.object({
  results: z.array(
    z.object({ from: z.object({ id: z.string() }), to: z.array(z.object({ toObjectId: z.number() })) }),
  ),
});
const token = z.object({ access_token: z.string() });

/** What is asked of HubSpot's API, with a token that is renewed when it ends. */
export class HubSpotClient {
  readonly #base: string;
  readonly #credentials: HubSpotConfig["credentials"];
  readonly #clock: Clock;
  #token: string | undefined;
  /** Bytes of all answers. */
  bytes = 0;

  constructor(base: string, config: HubSpotConfig, clock: Clock) {
    this.#base = base.replace(/\/$/, "");
    this.#credentials = config.credentials;
    this.#clock = clock;
  }

  async properties(type: string, signal: AbortSignal): Promise<{ name: string; calculated: boolean }[]> {
    return properties.parse(await this.#get(`/crm/v3/properties/${type}`, signal)).results;
  }

  async list(type: string, parameters: Record<string, string>, signal: AbortSignal) {
    const query = new URLSearchParams({ limit: "100", ...parameters });
    const { results, paging } = page.parse(await this.#get(`/crm/v3/objects/${type}?${query}`, signal));
    return { records: results, after: paging?.next.after };
  }

  async search(type: string, body: object, signal: AbortSignal) {
    const { results, paging } = found.parse(await this.#post(`/crm/v3/objects/${type}/search`, body, signal));
    return { records: results, after: paging?.next.after };
  }

  async read(
    type: string,
    ids: readonly string[],
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<Crm[]> {
    const body = { inputs: ids.map((id) => ({ id })), properties: names };
    return batch.parse(await this.#post(`/crm/v3/objects/${type}/batch/read`, body, signal)).results;
  }

  async associated(
    type: string,
    to: string,
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<Map<string, number[]>> {
    const body = { inputs: ids.map((id) => ({ id })) };
    const answer = await this.#post(`/crm/v4/associations/${type}/${to}/batch/read`, body, signal);
    const { results } = associations.parse(answer);
    return new Map(results.map((one) => [one.from.id, one.to.map(({ toObjectId }) => toObjectId)]));
  }

  #get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#authorised({ method: "GET", url: this.#base + path }, signal);
  }

  #post(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    return this.#authorised({ method: "POST", url: this.#base + path, body: JSON.stringify(body) }, signal);
  }

  async #authorised(request: Call, signal: AbortSignal): Promise<unknown> {
    for (let renewed = this.#token === undefined; ; renewed = true) {
      this.#token ??= await this.#renew(signal);
      const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
      try {
        const { value, bytes } = await call({ ...request, headers }, endlessly, this.#clock, signal);
        this.bytes += bytes;
        return value;
      } catch (error) {
        if (!(error instanceof HttpFailure) || error.status !== 401) throw error;
        this.#token = undefined;
        if (renewed) throw error;
      }
    }
  }

  async #renew(signal: AbortSignal): Promise<string> {
    const credentials = this.#credentials;
    if (credentials.credentials_title === "Private App Credentials") return credentials.access_token;
    const { client_id, client_secret, refresh_token } = credentials;
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id,
      client_secret,
      refresh_token,
    });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const request: Call = {
      method: "POST",
      url: `${this.#base}/oauth/v1/token`,
      headers,
      body: String(form),
    };
    return token.parse((await call(request, endlessly, this.#clock, signal)).value).access_token;
  }
}
