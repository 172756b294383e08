import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { inferenceHandler } from "../../../../lab/saas/inference/handler.ts";
import { models } from "../../../../lab/saas/inference/models.ts";
import { inferenceApi } from "../../../../mcp/servers/sophia_ai_intelligence/api.ts";
import { inferenceTools } from "../../../../mcp/servers/sophia_ai_intelligence/tools.ts";
import { calling } from "../../../support/servers/mcp/calling.ts";

/** The real MCP server in front of the emulated endpoint. */
async function serving(shown?: string) {
  const apiKey = `lab-${Math.random().toString(36).slice(2)}`;
  const server = createServer(inferenceHandler({ apiKey: () => apiKey })).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/inference/v1`;
  const tools = inferenceTools({
    api: inferenceApi({ url, apiKey: () => shown ?? apiKey, timeout: 5 }),
    chatModel: models.chat,
    embeddingModel: models.embedding,
    maxTokens: 100,
    timeout: 5,
  });
  return { ...(await calling(tools)), url, apiKey };
}

const say = (content: string) => ({ messages: [{ role: "user", content }] });

test("M1 the emulated endpoint answers a conversation, always alike, in no more tokens than asked for", async () => {
  const { ask } = await serving();
  const answer = await ask("chat", say("good morning to you"));
  expect(answer).toEqual({
    model: models.chat,
    text: "You said: good morning to you",
    finishReason: "stop",
    tokens: { prompt: 4, answer: 6 },
  });
  expect(await ask("chat", say("good morning to you"))).toEqual(answer);
  expect(await ask("chat", { ...say("good morning to you"), maxTokens: 3 })).toMatchObject({
    text: "You said: good",
    finishReason: "length",
  });
});

test("M1 its vectors are near where texts have common words", async () => {
  const { ask } = await serving();
  const { vectors } = await ask("embed", { texts: ["one text", "one text"], dimensions: 16 });
  expect(vectors[0]).toHaveLength(16);
  expect(vectors[1]).toEqual(vectors[0]);
  const texts = ["the weather in spring", "invoices of last year", "an unpaid invoice: invoices, year"];
  const { items } = await ask("rank_by_meaning", { query: "invoices of this year", texts });
  expect(items.map(({ index }: { index: number }) => index)).toEqual([1, 2, 0]);
});

test("M1 its models are listed, and no other is known", async () => {
  const { ask, call } = await serving();
  expect(await ask("list_models")).toMatchObject({
    defaults: { chat: models.chat, embedding: models.embedding },
    items: [{ id: models.chat, owner: "lab" }, { id: models.embedding }],
  });
  const unknown = await call("chat", { ...say("x"), model: "other" });
  expect(unknown.text).toContain("(404): The model `other` does not exist");
});

test("M1 S1 it refuses another key, what is not JSON, and what OpenAI's API does not know", async () => {
  const { call } = await serving("another-key");
  expect((await call("list_models")).text).toContain("(401): Incorrect API key provided");
  const { url, apiKey } = await serving();
  const send = async (path: string, body: string) => {
    const headers = { authorization: `Bearer ${apiKey}` };
    const answer = await fetch(`${url}${path}`, { method: "POST", headers, body });
    const { error } = (await answer.json()) as { error: { code: string } };
    return [answer.status, error.code];
  };
  expect(await send("/chat/completions", "{")).toEqual([400, "invalid_json"]);
  expect(await send("/chat/completions", "{}")).toEqual([400, "invalid_request_error"]);
  expect(await send("/completions", "{}")).toEqual([404, "unknown_url"]);
});
