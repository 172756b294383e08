import { systemClock } from "../../components/core/wait.ts";
import type { Contract, Exchange } from "./contract/contract.ts";

export interface Answer {
  status: number;
  text: string;
  /** The parsed body, as loosely typed as the wire is. */
  json: Json;
}

/** A value off the wire: reading a field that is not there gives `undefined`, as in JavaScript. */
type Json = { readonly [name: string]: Json } & readonly Json[];

export interface CallOptions {
  query?: Record<string, string>;
  body?: unknown;
  /** Header in place of the client's own; null sends none. */
  authorization?: string | null;
  /** The request is wrong on purpose, so the document's opinion of it is not asked. */
  wrong?: boolean;
  /** The answer is known not to be the document's. */
  offDocument?: boolean;
}

export interface ApiTarget {
  url: string;
  key: string;
  contract: Contract;
  /** Milliseconds between two requests; the real API takes one a second. */
  pace?: number;
}

/** A bare client that holds every exchange against the document. */
export class CheckedApi {
  readonly #target: ApiTarget;
  readonly exchanges: Exchange[] = [];
  #last = 0;

  constructor(target: ApiTarget) {
    this.#target = target;
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { url, key, contract, pace = 0 } = this.#target;
    if (pace > 0) await systemClock.sleep(Math.max(0, this.#last + pace - Date.now()));
    this.#last = Date.now();
    const query = options.query ?? {};
    const search = new URLSearchParams(query).toString();
    const authorization = options.authorization === undefined ? `Bearer ${key}` : options.authorization;
    const body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
    const response = await fetch(`${url}${path}${search ? `?${search}` : ""}`, {
      method,
      headers: {
        ...(authorization === null ? {} : { authorization }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const contentType = response.headers.get("content-type") ?? "";
    const exchange: Exchange = {
      method,
      path,
      query,
      ...(options.body === undefined ? {} : { requestBody: options.body }),
      status: response.status,
      contentType,
      responseText: text,
    };
    this.exchanges.push(exchange);
    const faults = options.offDocument ? [] : contract.responseFaults(exchange);
    if (!options.wrong) faults.unshift(...contract.requestFaults(exchange));
    if (faults.length > 0)
      throw new Error(
        `${method} ${path} → ${response.status} breaks the document:\n${faults.join("\n")}\n${text}`,
      );
    return {
      status: response.status,
      text,
      json: contentType.startsWith("application/json") ? JSON.parse(text) : undefined,
    };
  }
}
