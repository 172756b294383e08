import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { startFront } from "./front.ts";

/**
 * How a server behaves: as it should; or it takes requests and never answers, sends a body without end, or sends what is
 * no answer.
 */
export type Mood = "well" | "hangs" | "floods" | "talks garbage";

export interface Moody {
  port: number;
  mood: Mood;
  /** Requests that came while it was not well. */
  troubled: number;
  close(): Promise<void>;
}

/** A body that begins like an answer and has no end; it keeps to the reader's pace. */
async function flood(answer: ServerResponse): Promise<void> {
  answer.writeHead(200, { "content-type": "application/json" });
  answer.write('{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","tools":["');
  const chunk = "x".repeat(65_536);
  const gone = new AbortController();
  answer.once("close", () => gone.abort());
  while (!gone.signal.aborted) {
    if (!answer.write(chunk)) await once(answer, "drain", { signal: gone.signal }).catch(() => {});
  }
}

const garbage: [type: string, body: string][] = [
  ["text/html", "<html><body>It works!</body></html>"],
  ["application/json", '{"jsonrpc":"2.0","id":1,"resu'],
  ["text/event-stream", "data: <html>\n\n"],
  ["application/json", '[1,{"a":null},"b"]'],
  ["application/json", ""],
];

/** A server on loopback that does as `to` does, until its mood changes. */
export async function startMoody(to: { port: number }): Promise<Moody> {
  const state: Pick<Moody, "mood" | "troubled"> = { mood: "well", troubled: 0 };
  const front = await startFront(to, (_, answer, passOn) => {
    if (state.mood !== "well") state.troubled += 1;
    switch (state.mood) {
      case "well":
        return passOn();
      case "hangs":
        return;
      case "floods":
        return flood(answer);
      case "talks garbage": {
        const [type, body] = garbage[state.troubled % garbage.length] ?? ["", ""];
        return answer.writeHead(200, { "content-type": type }).end(body);
      }
    }
  });
  return Object.assign(state, front);
}
