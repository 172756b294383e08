import { expect, test } from "vitest";
import { type Answer, Answers } from "../../bench/mcp/answers.ts";

const body = '{"result":"größer"}';
const size = Buffer.byteLength(body);
const answers = {
  "of known length": `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${body}`,
  "in chunks": `HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
};

test.each(Object.entries(answers))("an answer %s is whole however it is cut, and not before", (_, text) => {
  const bytes = Buffer.from(`${text}${text}`);
  for (const cut of [1, 7, 40, bytes.length]) {
    const parser = new Answers();
    const found: Answer[] = [];
    for (let at = 0; at < bytes.length; at += cut) {
      const answer = parser.take(bytes.subarray(at, at + cut));
      if (answer) found.push(answer);
    }
    // A second one waits for its turn, where both came at once.
    const rest = parser.take(Buffer.alloc(0));
    expect([...found, ...(rest ? [rest] : [])]).toEqual(
      [0, 1].map(() => ({ status: Number(text.slice(9, 12)), body, closes: false })),
    );
  }
});
