import type { IncomingMessage, ServerResponse } from "node:http";
import type { McpHttpHandler } from "@modelcontextprotocol/server";
import { parsed } from "../json.ts";

/**
 * Has the SDK answer a request of `node:http`. The SDK's own adapter copies a body several times and sends every answer in
 * chunks, which takes a tenth of a call's CPU time.
 *
 * @param maxBody bytes
 */
export const nodeHandler =
  (handler: McpHttpHandler, maxBody: number) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.once("close", () => {
      if (!response.writableFinished) gone.abort();
    });
    try {
      const posted = request.method === "POST" ? await bodyOf(request, maxBody) : undefined;
      if (posted === tooLong) return refuse(response, maxBody);
      await send(await handler.fetch(...webRequest(request, posted, gone.signal)), response);
    } catch (error) {
      // Nobody is there any more to whom it could matter.
      if (!request.destroyed && !response.destroyed) throw error;
    }
  };

const tooLong = Symbol("a body that is too long");

/** As the SDK refuses it. The rest of the body is not read. */
function refuse(response: ServerResponse, maxBody: number): void {
  const message = `Payload Too Large: Request body must not exceed ${maxBody} bytes`;
  response
    .writeHead(413, { "content-type": "application/json", connection: "close" })
    .end(JSON.stringify({ jsonrpc: "2.0", error: { code: -32000, message }, id: null }));
}

/** @throws when the client goes away before its end */
async function bodyOf(request: IncomingMessage, maxBody: number): Promise<string | typeof tooLong> {
  if (Number(request.headers["content-length"]) > maxBody) return tooLong;
  const chunks: Buffer[] = [];
  let size = 0;
  // Destroying it would end the connection before the refusal is sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) return tooLong;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function webRequest(
  { method = "GET", url = "/", headersDistinct }: IncomingMessage,
  posted: string | undefined,
  signal: AbortSignal,
): Parameters<McpHttpHandler["fetch"]> {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value);
  const init = { method, headers, signal };
  const address = `http://${headers.get("host") ?? "localhost"}${url}`;
  if (posted === undefined) return [new Request(address, init)];
  const parsedBody = parsed(posted);
  // What is no JSON it refuses itself.
  if (parsedBody === undefined) return [new Request(address, { ...init, body: posted })];
  return [new Request(address, init), { parsedBody }];
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  const { status, body } = answer;
  const headers = Object.fromEntries(answer.headers);
  if (headers["content-type"] === "application/json") {
    const whole = Buffer.from(await answer.arrayBuffer());
    response.writeHead(status, { ...headers, "content-length": whole.length }).end(whole);
    return;
  }
  response.writeHead(status, headers);
  const closed = new Promise<void>((resolve) => {
    response.once("close", resolve);
  });
  for await (const chunk of body ?? []) {
    if (response.write(chunk)) continue;
    const drained = new Promise<void>((resolve) => {
      response.once("drain", resolve);
    });
    await Promise.race([drained, closed]);
  }
  response.end();
}
