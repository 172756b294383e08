/**
 * An emulated Gong in a process of its own, without limits, that gives every answer it gave before from memory: what is
 * measured is the extractor, not how fast calls can be made up. Prints its URL.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { openGong } from "../../../lab/saas/gong/handler.ts";

const [accessKey = "", accessKeySecret = ""] = [process.env.BENCH_KEY, process.env.BENCH_SECRET];
const gong = openGong({ limits: false, size: 0, credentials: () => ({ accessKey, accessKeySecret }) });
const answers = new Map<string, { status: number; body: Buffer }>();

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const key = `${request.method} ${request.url} ${body}`;
  if (request.url?.startsWith("/_lab/")) answers.clear();
  const known = answers.get(key);
  if (known) {
    response.writeHead(known.status, { "content-type": "application/json" }).end(known.body);
    return;
  }
  const end = response.end.bind(response);
  response.end = ((text: string) => {
    const answer = { status: response.statusCode, body: Buffer.from(text) };
    if (!request.url?.startsWith("/_lab/")) answers.set(key, answer);
    return end(answer.body);
  }) as typeof response.end;
  const again = Object.assign(Readable.from([body]), {
    method: request.method,
    url: request.url,
    headers: request.headers,
  });
  await gong.handler(again as unknown as IncomingMessage, response);
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
