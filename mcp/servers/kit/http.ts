import { causeOf } from "../../../components/core/errors.ts";
import { retryAfterOf } from "../../../components/core/http/retryAfter.ts";
import { parsed } from "./json.ts";
import { ToolError } from "./tool.ts";

/** Another service that a server calls over HTTP. */
export interface Upstream {
  /** As errors call it. */
  name: string;
  /** Base URL; paths are added to it. */
  url: string;
  /** Made at each request, so that a rotated key works without a restart. */
  headers(): Record<string, string>;
  /** Texts that no error may show, such as the key. */
  secrets(): string[];
  /** Seconds for one request, its whole answer included. */
  timeout: number;
  /** Bytes of an answer at most. Default 20 MB. */
  maxBytes?: number;
  /** What to do when it cannot be reached. */
  unreachable: string;
}

export interface Exchange {
  method?: "GET" | "POST";
  path: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
  signal?: AbortSignal;
}

export interface Answer {
  status: number;
  /** Parsed, without secrets; undefined where the answer is not JSON. */
  json: unknown;
  /** Its beginning, for errors. */
  said: string;
  /** Seconds, where the answer says so. */
  retryAfter: number | undefined;
}

/**
 * One request and its answer, whatever its status. Bounded in time and size; redirects are not followed, since they
 * would carry the key elsewhere.
 *
 * @throws ToolError when no whole answer came
 */
export async function exchange(upstream: Upstream, request: Exchange): Promise<Answer> {
  const { name, timeout, maxBytes = 20_000_000 } = upstream;
  const url = new URL(`${upstream.url.replace(/\/+$/, "")}${request.path}`);
  for (const [key, value] of Object.entries(request.query ?? {}))
    if (value !== undefined) url.searchParams.set(key, value);
  const late = AbortSignal.timeout(timeout * 1000);
  try {
    const response = await fetch(url, {
      method: request.method ?? "GET",
      headers: {
        accept: "application/json",
        ...(request.body !== undefined && { "content-type": "application/json" }),
        ...upstream.headers(),
      },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      signal: request.signal ? AbortSignal.any([late, request.signal]) : late,
      redirect: "error",
    });
    const text = clean(await bounded(response, maxBytes, name), upstream);
    return {
      status: response.status,
      json: parsed(text),
      said: text.trim().replaceAll(/\s+/g, " ").slice(0, 300),
      retryAfter: retryAfterOf(response.headers),
    };
  } catch (cause) {
    if (cause instanceof ToolError) throw cause;
    request.signal?.throwIfAborted();
    if (late.aborted)
      throw new ToolError(`${name} did not answer within ${timeout} s`, "Try again, or ask for less.", {
        cause,
      });
    const reason = clean(causeOf(cause), upstream);
    throw new ToolError(`${name} cannot be reached at ${url.origin}: ${reason}`, upstream.unreachable, {
      cause,
    });
  }
}

async function bounded(response: Response, maxBytes: number, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes)
      throw new ToolError(`${name} answered with more than ${maxBytes} bytes`, "Ask for less.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const clean = (text: string, { secrets }: Upstream): string =>
  secrets().reduce((rest, secret) => (secret === "" ? rest : rest.replaceAll(secret, "[secret]")), text);
