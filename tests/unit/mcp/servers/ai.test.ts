import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { inferenceApi } from "../../../../mcp/servers/sophia_ai_intelligence/api.ts";
import { inferenceTools } from "../../../../mcp/servers/sophia_ai_intelligence/tools.ts";
import { json, listening } from "../../../support/servers/listening.ts";
import { calling } from "../../../support/servers/mcp/calling.ts";

/** An endpoint at OpenAI's protocol's edge: a model that repeats, and vectors that count letters. */
async function endpoint() {
  const state = {
    key: `sk-${Math.random().toString(36).slice(2)}`,
    asked: [] as { path: string; body: Record<string, unknown> }[],
    instead: [] as ((response: ServerResponse) => void)[],
    dimensions: 26,
  };
  const vector = (text: string) =>
    Array.from(
      { length: state.dimensions },
      (_, n) => text.split(String.fromCharCode(97 + (n % 26))).length - 1 + 1 / 3,
    );
  const url = await listening(({ url, headers, body }, response) => {
    const sent = body === "" ? {} : JSON.parse(body);
    state.asked.push({ path: url.pathname, body: sent });
    const instead = state.instead.shift();
    if (instead) return instead(response);
    if (headers.authorization !== `Bearer ${state.key}`)
      return json(response, 401, {
        error: {
          message: `Incorrect API key provided: ${headers.authorization?.slice(7)}`,
          code: "invalid_api_key",
        },
      });
    switch (url.pathname) {
      case "/v1/models":
        return json(response, 200, {
          object: "list",
          data: [{ id: "zeta" }, { id: "alpha", owned_by: "us" }],
        });
      case "/v1/chat/completions": {
        if (sent.model === "none")
          return json(response, 404, { error: { message: "The model `none` does not exist" } });
        const words = String(sent.messages.at(-1).content).split(" ");
        const cut = words.length > sent.max_tokens;
        return json(response, 200, {
          model: sent.model,
          choices: [
            {
              message: { content: words.slice(0, sent.max_tokens).join(" ") },
              finish_reason: cut ? "length" : "stop",
            },
          ],
          usage: { prompt_tokens: words.length, completion_tokens: Math.min(words.length, sent.max_tokens) },
        });
      }
      case "/v1/embeddings":
        return json(response, 200, {
          model: sent.model,
          data: sent.input
            .map((text: string, index: number) => ({ index, embedding: vector(text) }))
            .reverse(),
        });
      default:
        return json(response, 404, { error: { message: "Not found" } });
    }
  });
  return Object.assign(state, { url: `${url}/v1` });
}

async function serving(more: { chatModel?: string | undefined; timeout?: number; maxTokens?: number } = {}) {
  const llm = await endpoint();
  const timeout = more.timeout ?? 5;
  const tools = inferenceTools({
    api: inferenceApi({ url: llm.url, apiKey: () => llm.key, timeout }),
    chatModel: "usual",
    embeddingModel: "letters",
    maxTokens: 100,
    ...more,
    timeout,
  });
  return { llm, ...(await calling(tools)) };
}

const say = (content: string) => ({ messages: [{ role: "user", content }] });

test("M4 every tool is listed with a description of one line", async () => {
  const { client } = await serving();
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["chat", "embed", "rank_by_meaning", "list_models"]);
  for (const { description } of tools) expect(description).toMatch(/^[A-Z][^\n]+\.$/);
});

test("L8 a conversation is answered by the default model or the one that is named", async () => {
  const { llm, ask } = await serving();
  expect(await ask("chat", say("good morning"))).toEqual({
    model: "usual",
    text: "good morning",
    finishReason: "stop",
    tokens: { prompt: 2, answer: 2 },
  });
  await ask("chat", { ...say("x"), model: "other", temperature: 0.5, json: true });
  expect(llm.asked[1]?.body).toMatchObject({
    model: "other",
    temperature: 0.5,
    stream: false,
    response_format: { type: "json_object" },
  });
});

test("L8 an answer has no more tokens than the platform allows, and says that it was cut", async () => {
  const { llm, ask } = await serving({ maxTokens: 2 });
  expect(await ask("chat", { ...say("one two three"), maxTokens: 50_000 })).toMatchObject({
    text: "one two",
    cut: expect.stringContaining("raise maxTokens"),
  });
  expect(llm.asked[0]?.body.max_tokens).toBe(2);
});

test("L8 without a default model a call must name one", async () => {
  const { call, ask } = await serving({ chatModel: undefined });
  expect((await call("chat", say("x"))).text).toMatch(
    /^No model was named.*`list_models`.*SOPHIA_INFERENCE_CHAT_MODEL/,
  );
  expect((await ask("chat", { ...say("x"), model: "other" })).model).toBe("other");
});

test("L8 vectors come in the order of the texts, and too many for an answer are refused with a number that fits", async () => {
  const { llm, ask, call } = await serving();
  const { vectors, dimensions } = await ask("embed", { texts: ["a", "bb"] });
  expect(dimensions).toBe(26);
  expect([vectors[0][0], vectors[1][1]]).toEqual([1.33333, 2.33333]);
  llm.dimensions = 4096;
  const texts = Array.from({ length: 20 }, () => "text");
  const { text } = await call("embed", { texts });
  const fits = Number(/Send (\d+) texts at once/.exec(text)?.[1]);
  expect(fits).toBeGreaterThan(0);
  expect((await ask("embed", { texts: texts.slice(0, fits) })).vectors).toHaveLength(fits);
});

test("L8 texts are ranked by nearness, more than one request holds", async () => {
  const { llm, ask } = await serving();
  const texts = [...Array.from({ length: 150 }, () => "zzzz"), "abab", "aabb aabb", "aaaa"];
  const { items } = await ask("rank_by_meaning", { query: "ab", texts, limit: 3 });
  expect(items.map(({ index }: { index: number }) => index).sort()).toEqual([150, 151, 152]);
  expect(items[0].score).toBeGreaterThan(items[2].score);
  expect(llm.asked).toHaveLength(3);
});

test("L8 models are listed with the defaults", async () => {
  const { ask } = await serving();
  expect(await ask("list_models", { search: "A" })).toEqual({
    defaults: { chat: "usual", embedding: "letters" },
    total: 2,
    items: [{ id: "alpha", owner: "us" }, { id: "zeta" }],
  });
});

const error =
  (status: number, message: string, code?: string, headers = {}) =>
  (response: ServerResponse) =>
    json(response, status, { error: { message, code } }, headers);

test.each([
  [
    "an unknown model",
    error(404, "The model `x` does not exist"),
    /\(404\).*Name a model that `list_models` shows/,
  ],
  [
    "too long a text",
    error(400, "This model's maximum context length is 8192 tokens", "context_length_exceeded"),
    /Send less text/,
  ],
  [
    "too many requests",
    error(429, "Slow down", "rate_limit", { "retry-after": "9" }),
    /\(429\).*Try again after 9 s/,
  ],
  ["no credit", error(429, "You exceeded your quota", "insufficient_quota"), /has no credit left/],
  ["a fault", error(503, "overloaded"), /\(503\): overloaded\. Try again in a minute, or with another model/],
  [
    "no JSON",
    (response: ServerResponse) => response.end("<html>"),
    /is not OpenAI's.*ends with the API's version/,
  ],
  [
    "another shape",
    (response: ServerResponse) => json(response, 200, { choices: [] }),
    /is not OpenAI's: choices/,
  ],
])("M4 %s is an error that says what to do", async (_what, instead, said) => {
  const { llm, call, ask } = await serving();
  llm.instead.push((response) => void instead(response));
  expect(await call("chat", say("x"))).toEqual({ isError: true, text: expect.stringMatching(said) });
  expect((await ask("chat", say("again"))).text).toBe("again");
});

test("M3 a model's response has a timeout", async () => {
  const { llm, call } = await serving({ timeout: 0.2 });
  llm.instead.push(() => undefined);
  expect((await call("chat", say("x"))).text).toMatch(/^The LLM endpoint did not answer within 0\.2 s/);
});

test("S1 a refused key is an error that says what to do, and never shown, even where the endpoint repeats it", async () => {
  const { llm, call, log } = await serving();
  const wrong = llm.key;
  let refusedOnce = false;
  llm.instead.push((response) => {
    refusedOnce = true;
    json(response, 401, { error: { message: `Incorrect API key provided: ${wrong}` } });
  });
  const { text } = await call("chat", say("x"));
  expect(refusedOnce).toBe(true);
  expect(text).toMatch(/\(401\): Incorrect API key provided: \[secret\]\. Set a valid lambdaInferenceApiKey/);
  expect(text + log.join()).not.toContain(wrong);
});
