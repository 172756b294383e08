import { createServer } from "node:http";

/** Milliseconds that a program has to answer: less than the kubelet waits. */
export const patience = 9000;

/** One message of the protocol to a program's own endpoint. @throws when nobody answers in time */
export function post(url: string, headers: Record<string, string>, message: object): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...message }),
    signal: AbortSignal.timeout(patience),
  });
}

/** What is wrong with an answer, if anything is. */
export async function faultOf(answer: Response): Promise<string | undefined> {
  const text = await answer.text();
  return answer.ok && text.includes('"result"') ? undefined : `${answer.status} ${text.slice(0, 300)}`;
}

/**
 * Serves `/alive` for the kubelet, by whether a program answers. It holds no process open.
 *
 * @param silence asks the program; what stands in the way, if anything does
 */
export function serveAlive(port: number, silence: () => Promise<string | undefined>): void {
  const server = createServer(async ({ url }, response) => {
    const asked = url === "/alive";
    const reason = asked
      ? await silence().catch((error) => `no answer within ${patience} ms, or none at all: ${error}`)
      : "not found; there is /alive";
    if (asked && reason !== undefined) console.error(`the program does not answer: ${reason}`);
    response
      .writeHead(reason === undefined ? 200 : asked ? 503 : 404, { "content-type": "application/json" })
      .end(JSON.stringify(reason === undefined ? { status: "ok" } : { error: reason }));
  });
  server.listen(port, "0.0.0.0");
  server.unref();
}
