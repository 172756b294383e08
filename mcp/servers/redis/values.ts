import { z } from "zod";
import { cursorFor, cursorState, ToolError } from "../kit/tool.ts";
import type { Command, Reply } from "./connection.ts";

/** Characters of one text that are shown; a string key can be read on from there. */
const maxShown = 20_000;
/** Characters that are shown of an element of a collection. */
const maxElement = 2_000;
/** Bytes of elements that one answer may cause Redis to send. */
const maxFetched = 20_000_000;

const utf8 = () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text; what is not UTF-8 in base64. */
export const shown = (bytes: Buffer): string => decoded(bytes, false) ?? `base64:${bytes.toString("base64")}`;

/** Bytes as text; undefined where they are none. @param begun the last character may be incomplete, and is then left out */
function decoded(bytes: Buffer, begun: boolean): string | undefined {
  try {
    return utf8().decode(bytes, { stream: begun });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

const text = (reply: Reply | undefined): string => {
  if (Buffer.isBuffer(reply)) {
    const whole = shown(reply);
    return whole.length <= maxElement ? whole : `${whole.slice(0, maxElement)}… (${reply.length} bytes)`;
  }
  return reply === undefined || reply === null ? "" : String(reply);
};
const list = (reply: Reply | undefined): Reply[] => (Array.isArray(reply) ? reply : []);
/** Every two of a flat list. */
const pairs = (flat: Reply[]): [string, string][] =>
  flat.flatMap((item, index) =>
    index % 2 === 0 ? [[text(item), text(flat[index + 1])] as [string, string]] : [],
  );

const state = z.strictObject({ at: z.string().regex(/^[0-9]+(-[0-9]+)?$/) });

/** Part of a collection, and where the next part begins. */
interface Part {
  size: Reply;
  value: unknown;
  next?: string;
}

const window = (at: string, limit: number, size: Reply): { first: number; last: number; next?: string } => {
  const first = Number(at);
  const end = first + limit;
  return { first, last: end - 1, ...(end < Number(size) && { next: String(end) }) };
};

/** A step of SCAN, HSCAN, SSCAN or ZSCAN: next cursor and elements. Small collections come whole, whatever the limit. */
const step = (reply: Reply): { elements: Reply[]; next?: string } => {
  const [cursor, elements] = list(reply);
  const next = text(cursor);
  return { elements: list(elements), ...(next !== "0" && { next }) };
};

type Reader = (command: Command, key: string, limit: number, at: string) => Promise<Part>;

const readers: Record<string, Reader> = {
  async string(command, key, _limit, at) {
    const size = await command("STRLEN", key);
    const { first, last, next } = window(at, maxShown, size);
    const bytes = await command("GETRANGE", key, first, last);
    if (!Buffer.isBuffer(bytes)) return { size, value: "" };
    // The next part begins with the character that this one would end in the middle of.
    const part = next === undefined ? undefined : decoded(bytes, true);
    if (part === undefined) return { size, value: shown(bytes), ...(next && { next }) };
    return { size, value: part, next: String(first + Buffer.byteLength(part)) };
  },
  async list(command, key, limit, at) {
    const size = await command("LLEN", key);
    const { first, last, next } = window(at, limit, size);
    return { size, value: list(await command("LRANGE", key, first, last)).map(text), ...(next && { next }) };
  },
  async zset(command, key, limit, at) {
    const size = await command("ZCARD", key);
    const { first, last, next } = window(at, limit, size);
    const flat = list(await command("ZRANGE", key, first, last, "WITHSCORES"));
    const value = pairs(flat).map(([member, score]) => ({
      member,
      // JSON has no infinite numbers.
      score: Number.isFinite(Number(score)) ? Number(score) : score,
    }));
    return { size, value, ...(next && { next }) };
  },
  async hash(command, key, limit, at) {
    const { elements, next } = step(await command("HSCAN", key, at, "COUNT", limit));
    return {
      size: await command("HLEN", key),
      value: Object.fromEntries(pairs(elements)),
      ...(next && { next }),
    };
  },
  async set(command, key, limit, at) {
    const { elements, next } = step(await command("SSCAN", key, at, "COUNT", limit));
    return { size: await command("SCARD", key), value: elements.map(text), ...(next && { next }) };
  },
  async stream(command, key, limit, at) {
    const size = await command("XLEN", key);
    const entries = list(await command("XRANGE", key, at === "0" ? "-" : `(${at}`, "+", "COUNT", limit));
    const value = entries.map((entry) => {
      const [id, fields] = list(entry);
      return { id: text(id), fields: Object.fromEntries(pairs(list(fields))) };
    });
    const last = value.at(-1)?.id;
    return { size, value, ...(value.length === limit && last && { next: last }) };
  },
};

/**
 * A key's value, whatever its type, in pages.
 *
 * @throws ToolError when the key is not there, or its elements are too long to be fetched
 */
export async function readKey(command: Command, key: string, limit: number, cursor: string | undefined) {
  const type = text(await command("TYPE", key));
  if (type === "none") throw new ToolError(`There is no key ${key}`, "`scan_keys` finds keys by a pattern.");
  const read = readers[type];
  if (!read)
    throw new ToolError(`${key} is of type ${type}, which this server cannot read`, "Ask for another key.");
  const ttl = Number(await command("TTL", key));
  if (type !== "string") await refuseLong(command, key, type, limit);
  const { size, value, next } = await read(command, key, limit, cursor ? cursorState(cursor, state).at : "0");
  return {
    key,
    type,
    size: Number(size),
    ttlSeconds: ttl >= 0 ? ttl : null,
    value,
    ...(next !== undefined && { nextCursor: cursorFor({ at: next }) }),
  };
}

const counts: Record<string, string> = {
  list: "LLEN",
  zset: "ZCARD",
  hash: "HLEN",
  set: "SCARD",
  stream: "XLEN",
};

/** Redis sends elements whole: long ones would fill this process's memory. */
async function refuseLong(command: Command, key: string, type: string, limit: number): Promise<void> {
  const bytes = Number(await command("MEMORY", "USAGE", key, "SAMPLES", 20));
  const elements = Number(await command(counts[type] ?? "EXISTS", key)) || 1;
  if ((bytes / elements) * Math.min(limit, elements) <= maxFetched) return;
  throw new ToolError(
    `${key} holds ${elements} elements in ${bytes} bytes, too much for ${limit} at once`,
    "Ask for fewer with `limit`.",
  );
}
