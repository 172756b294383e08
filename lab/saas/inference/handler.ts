import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { bodyOf, type Handler, reply } from "../kit/http.ts";
import { answerTo, dimensions, models, vectorOf } from "./models.ts";

const chat = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })).min(1),
  max_tokens: z.number().int().positive().optional(),
  stream: z.literal(false, { error: "the emulator does not stream" }).optional(),
});
const embedding = z.object({
  model: z.string(),
  input: z.union([z.string().transform((text) => [text]), z.array(z.string()).min(1)]),
  encoding_format: z.literal("float", { error: "the emulator knows float only" }).optional(),
  dimensions: z.number().int().min(1).max(dimensions).default(dimensions),
});

/** What the endpoint refuses, as OpenAI's API says it. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface InferenceOptions {
  apiKey: () => string;
}

/**
 * An LLM endpoint that speaks OpenAI's API as far as `sophia_ai_intelligence` uses it, at any prefix: `/models`,
 * `/chat/completions` without streaming, and `/embeddings`. Equal requests get equal answers.
 */
export const inferenceHandler =
  ({ apiKey }: InferenceOptions): Handler =>
  async (request, response) => {
    try {
      if (request.headers.authorization !== `Bearer ${apiKey()}`)
        throw new Refusal(401, "invalid_api_key", "Incorrect API key provided");
      reply(response, 200, await answer(request));
    } catch (error) {
      refuse(response, error);
    }
  };

async function answer(request: IncomingMessage): Promise<object> {
  const { pathname } = new URL(request.url ?? "/", "http://inference");
  switch (`${request.method} ${pathname.split("/v1").at(-1)}`) {
    case "GET /models": {
      const data = Object.values(models).map((id) => ({ id, object: "model", owned_by: "lab" }));
      return { object: "list", data };
    }
    case "POST /chat/completions":
      return completion(read(chat, await bodyOf(request)));
    case "POST /embeddings":
      return embeddings(read(embedding, await bodyOf(request)));
    default:
      throw new Refusal(404, "unknown_url", `Unknown request URL: ${request.method} ${pathname}`);
  }
}

function read<S extends z.ZodType>(schema: S, text: string): z.infer<S> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal(400, "invalid_json", "The body of your request is not JSON");
  }
  const result = schema.safeParse(body);
  if (!result.success) throw new Refusal(400, "invalid_request_error", z.prettifyError(result.error));
  return result.data;
}

function known(asked: string, model: string): void {
  if (asked !== model)
    throw new Refusal(404, "model_not_found", `The model \`${asked}\` does not exist for this request`);
}

function completion({ model, messages, max_tokens: most }: z.infer<typeof chat>): object {
  known(model, models.chat);
  const { text, tokens, cut } = answerTo(messages.at(-1)?.content ?? "", most);
  const prompt = messages.reduce((sum, { content }) => sum + content.split(/\s+/).length, 0);
  return {
    object: "chat.completion",
    model,
    choices: [
      { index: 0, message: { role: "assistant", content: text }, finish_reason: cut ? "length" : "stop" },
    ],
    usage: { prompt_tokens: prompt, completion_tokens: tokens, total_tokens: prompt + tokens },
  };
}

function embeddings({ model, input, dimensions: size }: z.infer<typeof embedding>): object {
  known(model, models.embedding);
  const data = input.map((text, index) => ({ object: "embedding", index, embedding: vectorOf(text, size) }));
  return { object: "list", model, data };
}

function refuse(response: ServerResponse, error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
  const { status, code, message } = error;
  reply(response, status, { error: { message, type: "invalid_request_error", code } });
}
