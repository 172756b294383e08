import { z } from "zod";
import { maxText, page, paging, type Tool, ToolError, tool } from "../kit/tool.ts";
import { completion, type InferenceApi, models } from "./api.ts";
import { embed, similarity } from "./vectors.ts";

export interface Models {
  api: InferenceApi;
  /** What answers when a call names none. */
  chatModel?: string | undefined;
  embeddingModel?: string | undefined;
  /** Tokens of one answer, whatever a call asks for. */
  maxTokens: number;
  /** Seconds for one answer of the endpoint. */
  timeout: number;
}

const model = z.string().min(1).max(200).optional().describe("left out: the platform's default");

function modelFor(named: string | undefined, usual: string | undefined, variable: string): string {
  const chosen = named ?? usual;
  if (chosen !== undefined) return chosen;
  throw new ToolError(
    "No model was named, and the platform has no default",
    `Name one that \`list_models\` shows, or set ${variable}.`,
  );
}

/** Tools around an endpoint that speaks OpenAI's API. */
export function inferenceTools({ api, chatModel, embeddingModel, maxTokens, timeout }: Models): Tool[] {
  const embeddingFor = (named: string | undefined) =>
    modelFor(named, embeddingModel, "SOPHIA_INFERENCE_EMBEDDING_MODEL");
  return [
    tool({
      name: "chat",
      description: "Let a language model of the platform answer a conversation; costs tokens.",
      input: z.object({
        messages: z
          .array(
            z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string().max(200_000) }),
          )
          .min(1)
          .max(200),
        model,
        maxTokens: z
          .number()
          .int()
          .min(1)
          .default(1024)
          .describe(`tokens of the answer, ${maxTokens} at most`),
        temperature: z.number().min(0).max(2).optional(),
        json: z.boolean().default(false).describe("the answer must be a JSON object"),
      }),
      timeout: timeout + 5,
      run: async (input, { signal }) => {
        const body = {
          model: modelFor(input.model, chatModel, "SOPHIA_INFERENCE_CHAT_MODEL"),
          messages: input.messages,
          max_tokens: Math.min(input.maxTokens, maxTokens),
          stream: false,
          ...(input.temperature !== undefined && { temperature: input.temperature }),
          ...(input.json && { response_format: { type: "json_object" } }),
        };
        const answer = await api({ method: "POST", path: "/chat/completions", body, signal }, completion);
        const text = answer.choices[0]?.message.content ?? "";
        const finish = answer.choices[0]?.finish_reason ?? null;
        const fits = text.slice(0, maxText / 2);
        return {
          model: answer.model ?? body.model,
          text: fits,
          finishReason: finish,
          ...((finish === "length" || fits.length < text.length) && {
            cut: "The answer is cut: raise maxTokens, or ask for the rest.",
          }),
          ...(answer.usage && {
            tokens: { prompt: answer.usage.prompt_tokens, answer: answer.usage.completion_tokens ?? null },
          }),
        };
      },
    }),
    tool({
      name: "embed",
      description: "Turn texts into embedding vectors; to compare texts use rank_by_meaning instead.",
      input: z.object({
        texts: z.array(z.string().min(1).max(30_000)).min(1).max(64),
        model,
        dimensions: z
          .number()
          .int()
          .min(1)
          .max(8192)
          .optional()
          .describe("shorter vectors, where the model can"),
      }),
      timeout: timeout + 5,
      run: async ({ texts, model, dimensions }, { signal }) => {
        const chosen = embeddingFor(model);
        const vectors = await embed(api, { model: chosen, texts, dimensions, signal });
        // Six digits are more than models are precise to, and half the text.
        const rounded = vectors.map((vector) => vector.map((value) => Number(value.toPrecision(6))));
        const size = JSON.stringify(rounded).length;
        if (size > maxText - 1000)
          throw new ToolError(
            `${texts.length} vectors of ${vectors[0]?.length} numbers are too much for one answer`,
            `Send ${Math.max(1, Math.floor((texts.length * maxText) / size) - 1)} texts at once, or ask for fewer dimensions.`,
          );
        return { model: chosen, dimensions: vectors[0]?.length ?? 0, vectors: rounded };
      },
    }),
    tool({
      name: "rank_by_meaning",
      description:
        "Order texts by how near they are in meaning to a query, the nearest first, with a score up to 1.",
      input: z.object({
        query: z.string().min(1).max(30_000),
        texts: z.array(z.string().min(1).max(30_000)).min(1).max(200),
        model,
        limit: z.number().int().min(1).max(200).default(10),
      }),
      timeout: timeout * 4,
      run: async ({ query, texts, model, limit }, { signal }) => {
        const chosen = embeddingFor(model);
        const [wanted = [], ...others] = await embed(api, {
          model: chosen,
          texts: [query, ...texts],
          signal,
        });
        const items = others
          .map((vector, index) => ({
            index,
            score: Math.round(similarity(wanted, vector) * 10_000) / 10_000,
            text: (texts[index] ?? "").slice(0, 200),
          }))
          .sort((a, b) => b.score - a.score || a.index - b.index);
        return { model: chosen, items: items.slice(0, limit) };
      },
    }),
    tool({
      name: "list_models",
      description: "List the models that can be named in the other tools, and the platform's defaults.",
      input: z.object({ search: z.string().max(100).optional().describe("part of the name"), ...paging }),
      run: async ({ search, ...rest }, { signal }) => {
        const { data } = await api({ path: "/models", signal }, models);
        const all = data.map(({ id, owned_by }) => ({ id, ...(owned_by && { owner: owned_by }) }));
        const found = search ? all.filter(({ id }) => id.toLowerCase().includes(search.toLowerCase())) : all;
        return {
          defaults: { chat: chatModel ?? null, embedding: embeddingModel ?? null },
          ...page(
            found.sort((a, b) => a.id.localeCompare(b.id)),
            rest,
          ),
        };
      },
    }),
  ];
}
