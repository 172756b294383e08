import { z } from "zod";
import type { Clock } from "../../../../../../components/core/wait.ts";
import type { Document } from "../../collections/document.ts";
import type { SlackConfig } from "../../types.ts";
import { call, patiently } from "../http.ts";

const metadata = z.looseObject({ next_cursor: z.string().default("") }).optional();
const answer = z.looseObject({
  ok: z.boolean(),
  error: z.string().optional(),
  response_metadata: metadata,
});
const list = z.array(z.record(z.string(), z.unknown()));

export interface Page {
  items: Document[];
  /** Empty on the last page. */
  next: string;
}

/** What is asked of Slack's web API. */
export class SlackClient {
  readonly #base: string;
  readonly #token: string;
  readonly #clock: Clock;
  /** Bytes of all answers. */
  bytes = 0;

  constructor(base: string, { credentials }: SlackConfig, clock: Clock) {
    this.#base = base.replace(/\/$/, "");
    this.#token =
      credentials.option_title === "API Token Credentials" ? credentials.api_token : credentials.access_token;
    this.#clock = clock;
  }

  channels(cursor: string, signal: AbortSignal): Promise<Page> {
    return this.#page("conversations.list", "channels", { limit: "200", cursor }, signal);
  }

  /** Messages of a channel after `oldest` and up to `latest`, newest first. */
  history(
    channel: string,
    range: { oldest: string; latest?: string; cursor: string },
    signal: AbortSignal,
  ): Promise<Page> {
    const { oldest, latest, cursor } = range;
    // `inclusive` would be for both ends; the older one was read before.
    const parameters = { channel, limit: "999", oldest, cursor, ...(latest === undefined ? {} : { latest }) };
    return this.#page("conversations.history", "messages", parameters, signal);
  }

  async #page(
    method: string,
    field: string,
    given: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Page> {
    const parameters = new URLSearchParams(Object.entries(given).filter(([, value]) => value !== ""));
    const url = `${this.#base}/api/${method}?${parameters}`;
    const headers = { authorization: `Bearer ${this.#token}` };
    const { value, bytes } = await call({ method: "GET", url, headers }, patiently, this.#clock, signal);
    this.bytes += bytes;
    const parsed = answer.parse(value);
    if (!parsed.ok) throw new Error(`${method} was refused: ${parsed.error}`);
    return { items: list.parse(parsed[field]), next: parsed.response_metadata?.next_cursor ?? "" };
  }
}
