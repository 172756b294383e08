import { z } from "zod";
import { wholeText } from "../../kit/body.ts";
import { causeOf } from "../../kit/errors.ts";
import { type Answer, noAnswer } from "./judge.ts";

/** The streams that come from HubSpot: its objects, with the property that says when one was changed. */
export const hubspotObjects = {
  hubspot_contacts: { object: "contacts", modified: "lastmodifieddate" },
  hubspot_deals: { object: "deals", modified: "hs_lastmodifieddate" },
} as const;
type HubspotObject = (typeof hubspotObjects)[keyof typeof hubspotObjects];

export interface HubspotOptions {
  /** Base URL of its API. */
  url: string;
  /** Of the OAuth app that Estuary reads with: its limits are those that Estuary meets. */
  clientId: string;
  clientSecret: string;
  /** Using it does not use it up. */
  refreshToken: string;
  /** Seconds that an answer may take. Default 10. */
  timeout?: number | undefined;
  /** Milliseconds since 1970. Default: the machine's clock. */
  now?: () => number;
}

const token = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
const found = z.object({
  results: z.array(z.object({ properties: z.record(z.string(), z.string().nullable()) })).max(1),
});
const failure = z.object({ category: z.string().regex(/^\w{1,60}$/) });

/** Bytes of an answer: one record with a few properties has some hundred. */
const most = 65_536;
/** Seconds before its end that a token is no longer used. */
const margin = 120;

/** An answer that is none. What it says names no secret and no record. */
class Refused extends Error {
  readonly status: number;
  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

/** Asks HubSpot what changed: one try each, and nothing that changes anything. */
export class HubspotSource {
  readonly #options: HubspotOptions;
  readonly #now: () => number;
  #token: { value: string; until: number } | undefined;

  constructor(options: HubspotOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * When the oldest record changed that changed after a moment.
   *
   * @param after seconds since 1970
   * @throws only when the signal ends the wait
   */
  async changedAfter(
    { object, modified }: HubspotObject,
    after: number,
    signal: AbortSignal,
  ): Promise<Answer> {
    try {
      const bearer = await this.#authorise(signal);
      const body = {
        // In milliseconds, as HubSpot keeps them.
        filters: [{ propertyName: modified, operator: "GTE", value: String(Math.round(after * 1000) + 1) }],
        sorts: [{ propertyName: modified, direction: "ASCENDING" }],
        properties: [modified],
        limit: 1,
      };
      const { results } = await this.#ask(
        `/crm/v3/objects/${object}/search`,
        {
          headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
          body: JSON.stringify(body),
        },
        found,
        signal,
      );
      const at = Date.parse(results[0]?.properties[modified] ?? "");
      return { changed: Number.isNaN(at) ? undefined : at / 1000 };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // A token that HubSpot ended early: the next look asks for another.
      if (error.status === 401) this.#token = undefined;
      return { refused: error.status, why: error.message };
    }
  }

  async #authorise(signal: AbortSignal): Promise<string> {
    if (this.#token && this.#now() < this.#token.until) return this.#token.value;
    const { clientId, clientSecret, refreshToken } = this.#options;
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: refreshToken,
    });
    const granted = await this.#ask("/oauth/v1/token", { body: form }, token, signal);
    const until = this.#now() + Math.max(0, granted.expires_in - margin) * 1000;
    this.#token = { value: granted.access_token, until };
    return granted.access_token;
  }

  async #ask<T>(
    path: string,
    request: { headers?: Record<string, string>; body: string | URLSearchParams },
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { url, timeout = 10 } = this.#options;
    let status: number;
    let text: string;
    try {
      const response = await fetch(`${url.replace(/\/+$/, "")}${path}`, {
        method: "POST",
        ...request,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout * 1000)]),
        redirect: "error",
      });
      status = response.status;
      text = await wholeText(response, most, () => new Error(`the answer has more than ${most} bytes`));
    } catch (cause) {
      signal.throwIfAborted();
      throw new Refused(noAnswer, `${path}: no answer: ${causeOf(cause)}`);
    }
    const value = json(text);
    if (status !== 200) {
      const category = failure.safeParse(value).data?.category ?? "without a reason";
      throw new Refused(status, `${path}: ${status}, ${category}`);
    }
    const read = schema.safeParse(value);
    if (!read.success) throw new Refused(status, `${path}: ${status}, with an answer that cannot be read`);
    return read.data;
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told by whoever expected something.
    return undefined;
  }
}
