import type { IncomingMessage } from "node:http";
import { messageOf } from "../../../components/core/errors.ts";

/** Above the 1 MB that user data may have, with room for escapes and the rest of a launch. */
const limit = 4_000_000;

export type Body = { ok: true; value: unknown } | { ok: false; reason: string };

/** Reads a JSON body; an empty one is `undefined`. The content type is not looked at, as Lambda's own samples omit it. */
export async function readJson(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= limit) chunks.push(bytes);
  }
  if (size > limit) return { ok: false, reason: `the body has ${size} bytes, more than ${limit}` };
  const text = Buffer.concat(chunks).toString("utf8");
  if (text.trim() === "") return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, reason: `the body is not JSON: ${messageOf(error)}` };
  }
}
