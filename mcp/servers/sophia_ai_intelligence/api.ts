import { z } from "zod";
import { type Answer, type Exchange, exchange, type Upstream } from "../kit/http.ts";
import { ToolError } from "../kit/tool.ts";

export interface Inference {
  /** Base URL, with the version: paths like `/chat/completions` are added. */
  url: string;
  apiKey: () => string;
  /** Seconds for one answer. */
  timeout: number;
}

/** One request to an endpoint that speaks OpenAI's API. @throws ToolError */
export type InferenceApi = <S extends z.ZodType>(request: Exchange, schema: S) => Promise<z.infer<S>>;

export const completion = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({ message: z.object({ content: z.string().nullish() }), finish_reason: z.string().nullish() }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number().nullish() }).nullish(),
});

export const embeddings = z.object({
  model: z.string().nullish(),
  data: z.array(z.object({ index: z.number().int(), embedding: z.array(z.number()) })),
});

export const models = z.object({
  data: z.array(z.object({ id: z.string(), owned_by: z.string().nullish() })),
});

const refusal = z.object({
  error: z.object({
    message: z.string(),
    code: z.union([z.string(), z.number()]).nullish(),
    type: z.string().nullish(),
  }),
});

/** Requests to an endpoint that speaks the API of OpenAI. */
export function inferenceApi({ url, apiKey, timeout }: Inference): InferenceApi {
  const upstream: Upstream = {
    name: "The LLM endpoint",
    url,
    headers: () => ({ authorization: `Bearer ${apiKey()}` }),
    secrets: () => [apiKey()],
    timeout,
    unreachable:
      "Try again in a minute. If it stays so, check SOPHIA_INFERENCE_API_URL in mcp.servers.sophia_ai_intelligence.variables of the stack, and that the endpoint runs.",
  };
  return async (request, schema) => {
    const answer = await exchange(upstream, request);
    if (answer.status < 200 || answer.status >= 300) throw refused(answer, request.path);
    const result = schema.safeParse(answer.json);
    if (result.success) return result.data;
    const faults = result.error.issues
      .slice(0, 3)
      .map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new ToolError(
      `The LLM endpoint's answer to ${request.path} is not OpenAI's: ${faults.join("; ")}`,
      "Check that SOPHIA_INFERENCE_API_URL ends with the API's version, such as /v1.",
    );
  };
}

const advice: Record<number, string> = {
  401: "Set a valid lambdaInferenceApiKey in the stack's ESC environment.",
  402: "The account has no credit left: somebody must pay.",
  403: "The key may not do that: use another model, or another key.",
  404: "Name a model that `list_models` shows, or check SOPHIA_INFERENCE_API_URL.",
  413: "Send less text.",
};

function refused({ status, json, said, retryAfter }: Answer, path: string): ToolError {
  const error = refusal.safeParse(json).data?.error;
  const reason = (error?.message ?? said).slice(0, 500);
  const kind = `${error?.code ?? ""} ${error?.type ?? ""}`;
  return new ToolError(
    `The LLM endpoint refused ${path} (${status}): ${reason}`,
    todo(status, `${kind} ${reason}`, retryAfter),
  );
}

/** Endpoints agree in the status, and hardly in codes. */
function todo(status: number, kind: string, retryAfter: number | undefined): string {
  if (/insufficient_quota|billing/i.test(kind)) return advice[402] ?? "";
  if (status === 429)
    return retryAfter === undefined ? "Try again in a minute." : `Try again after ${retryAfter} s.`;
  if (status === 400 && /context|too long|maximum.*tokens/i.test(kind))
    return "Send less text, ask for fewer tokens, or use a model with a longer context.";
  if (status === 400 && /model/i.test(kind)) return advice[404] ?? "";
  if (status >= 500) return "Try again in a minute, or with another model.";
  return advice[status] ?? "Correct the call.";
}
