import { z } from "zod";
import { paging, type Tool, ToolError, tool } from "../kit/tool.ts";
import { type Command, isKeptKey, type Redis, type Reply } from "./connection.ts";
import { readKey, shown } from "./values.ts";

const key = z.string().min(1).max(1000).describe("a key's whole name");
const words = (reply: Reply | undefined): string =>
  Buffer.isBuffer(reply) ? shown(reply) : String(reply ?? "");

/** Tools around the cache. There is none that flushes, and none that takes a command. */
export function redisTools({ command }: Redis, writable: boolean): Tool[] {
  return [
    tool({
      name: "scan_keys",
      description:
        "Find keys by a pattern like session:*, with type and seconds to live; pages may be uneven.",
      input: z.object({
        pattern: z.string().min(1).max(500).default("*").describe("`*` is any text, `?` any character"),
        type: z.enum(["string", "list", "set", "zset", "hash", "stream"]).optional(),
        ...paging,
        cursor: z
          .string()
          .regex(/^\d{1,20}$/, "`nextCursor` of the page before")
          .optional(),
      }),
      run: (input) => scan(command, input),
    }),
    tool({
      name: "read_key",
      description:
        "Read a key of any type (string, list, set, sorted set, hash, stream), long values in pages.",
      input: z.object({ key, ...paging }),
      run: ({ key, limit, cursor }) => readKey(command, key, limit, cursor),
    }),
    tool({
      name: "get_info",
      description:
        "Show Redis's own statistics: version, clients, hits and misses, persistence, replication, keys.",
      input: z.object({
        section: z
          .enum(["server", "clients", "memory", "persistence", "stats", "replication", "cpu", "keyspace"])
          .optional()
          .describe("left out: the most asked for"),
      }),
      run: async ({ section }) => {
        const info = parseInfo(words(await command("INFO", section ?? "default")));
        return section ? info : summary(info);
      },
    }),
    tool({
      name: "get_memory",
      description:
        "Show how much memory Redis uses of its maximum and what it evicts, or what one key takes.",
      input: z.object({ key: key.optional().describe("left out: Redis as a whole") }),
      run: async ({ key }) => (key === undefined ? memory(command) : memoryOf(command, key)),
    }),
    tool({
      name: "set_key",
      description: "Set a string key that vanishes by itself after some seconds.",
      input: z.object({
        key,
        value: z.string().max(100_000),
        ttlSeconds: z.number().int().min(1).max(2_592_000).describe("30 days at most"),
        only: z.enum(["absent", "present"]).optional().describe("set it only where it is absent, or present"),
      }),
      readOnly: false,
      destructive: true,
      run: async ({ key, value, ttlSeconds, only }) => {
        refuseReadOnly(writable);
        const condition = only === undefined ? [] : [only === "absent" ? "NX" : "XX"];
        const reply = await command("SET", key, value, "EX", ttlSeconds, ...condition);
        return { key, set: reply !== null, ...(reply === null && { reason: `the key is not ${only}` }) };
      },
    }),
    tool({
      name: "delete_keys",
      description: "Delete keys by their whole names; patterns are not understood.",
      input: z.object({ keys: z.array(key).min(1).max(100) }),
      readOnly: false,
      destructive: true,
      run: async ({ keys }) => {
        refuseReadOnly(writable);
        return { deleted: Number(await command("UNLINK", ...keys)), asked: keys.length };
      },
    }),
  ];
}

function refuseReadOnly(writable: boolean): void {
  if (writable) return;
  throw new ToolError(
    "This server only reads",
    "Somebody must set SOPHIA_REDIS_WRITABLE=1 for the redis server before it may set or delete keys.",
  );
}

interface Scan {
  pattern: string;
  type?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Steps that one call makes at most through keys that do not match. */
const maxSteps = 50;

/** Keys that a step goes through at most: Redis serves nobody else meanwhile. */
const longestStep = 1000;

/**
 * Keys for the next step to go through, as many as will fill the page by what was found so far: a step cannot be stopped
 * in its middle, and all that it finds must be in the answer. At most as many as all steps before together, since few
 * keys tell little of the rest. Pure.
 */
function nextStep(limit: number, passed: number, found: number): number {
  if (passed === 0) return limit;
  const needed = found === 0 ? passed : Math.ceil(((limit - found) * passed) / found);
  return Math.min(needed, passed, longestStep);
}

async function scan(command: Command, { pattern, type, limit, cursor = "0" }: Scan) {
  const found: Buffer[] = [];
  let at = cursor;
  let passed = 0;
  for (let step = 0; step < maxSteps; step += 1) {
    const filter = type === undefined ? [] : ["TYPE", type];
    const count = nextStep(limit, passed, found.length);
    passed += count;
    const reply = await command("SCAN", at, "MATCH", pattern, "COUNT", count, ...filter);
    const [next, keys] = Array.isArray(reply) ? reply : [];
    at = words(next);
    if (Array.isArray(keys)) found.push(...keys.filter((each) => Buffer.isBuffer(each)));
    if (at === "0" || found.length >= limit) break;
  }
  const items = (await Promise.all(found.map((name) => describe(command, name)))).filter(
    (item) => item !== null,
  );
  const notReadable = found.length - items.length;
  return { items, ...(notReadable > 0 && { notReadable }), ...(at !== "0" && { nextCursor: at }) };
}

/** A key as a page shows it; null where the login may not read it, whose name alone may be its secret. */
async function describe(command: Command, name: Buffer) {
  try {
    const [kind, ttl] = await Promise.all([command("TYPE", name), command("TTL", name)]);
    return { key: shown(name), type: words(kind), ttlSeconds: Number(ttl) >= 0 ? Number(ttl) : null };
  } catch (error) {
    if (isKeptKey(error)) return null;
    throw error;
  }
}

type Info = Record<string, string>;

const parseInfo = (text: string): Info =>
  Object.fromEntries(
    text
      .split("\r\n")
      .filter((line) => line.includes(":") && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );

const asked = [
  "redis_version",
  "uptime_in_seconds",
  "role",
  "connected_clients",
  "blocked_clients",
  "used_memory_human",
  "maxmemory_human",
  "maxmemory_policy",
  "instantaneous_ops_per_sec",
  "total_commands_processed",
  "keyspace_hits",
  "keyspace_misses",
  "evicted_keys",
  "expired_keys",
  "rejected_connections",
  "rdb_last_bgsave_status",
  "aof_enabled",
  "aof_last_write_status",
  "connected_slaves",
];

function summary(info: Info) {
  const hits = Number(info.keyspace_hits);
  const all = hits + Number(info.keyspace_misses);
  const databases = Object.entries(info).filter(([name]) => /^db\d+$/.test(name));
  return {
    ...Object.fromEntries(asked.flatMap((name) => (info[name] === undefined ? [] : [[name, info[name]]]))),
    hitRate: all > 0 ? Math.round((hits / all) * 1000) / 1000 : null,
    ...Object.fromEntries(databases),
  };
}

async function memory(command: Command) {
  const info = parseInfo(words(await command("INFO", "default")));
  const number = (name: string) => (info[name] === undefined ? null : Number(info[name]));
  const [used, maximum] = [number("used_memory"), number("maxmemory")];
  return {
    usedBytes: used,
    peakBytes: number("used_memory_peak"),
    residentBytes: number("used_memory_rss"),
    maximumBytes: maximum,
    usedShare: used !== null && maximum ? Math.round((used / maximum) * 1000) / 1000 : null,
    policy: info.maxmemory_policy,
    fragmentation: number("mem_fragmentation_ratio"),
    evictedKeys: number("evicted_keys"),
    expiredKeys: number("expired_keys"),
    keys: Number(await command("DBSIZE")),
    doctor: words(await command("MEMORY", "DOCTOR")),
  };
}

async function memoryOf(command: Command, key: string) {
  const bytes = await command("MEMORY", "USAGE", key, "SAMPLES", 20);
  if (bytes === null) throw new ToolError(`There is no key ${key}`, "`scan_keys` finds keys by a pattern.");
  return { key, bytes: Number(bytes), encoding: words(await command("OBJECT", "ENCODING", key)) };
}
