import { readFileSync } from "node:fs";
import { createClient, RESP_TYPES } from "@redis/client";
import { messageOf } from "../../../components/core/errors.ts";
import type { Log } from "../kit/log.ts";
import { ToolError } from "../kit/tool.ts";

export interface RedisConnection {
  /** `redis://` or `rediss://`, without a password. */
  url: string;
  user: string;
  /** Read at each connection. Left out: Redis asks for none. */
  password?: () => string;
  /** File with the authority (PEM) to trust instead of the system's. */
  caFile?: string | undefined;
  /** Seconds for a connection, and for each command. Default 5. */
  timeout?: number;
  log?: Log;
}

/** What a command answers: texts are bytes, since Redis keeps any. */
export type Reply = null | number | Buffer | Reply[];
/** Runs one command. @throws ToolError */
export type Command = (...words: (string | Buffer | number)[]) => Promise<Reply>;

export interface Redis {
  command: Command;
  close(): Promise<void>;
}

type Client = ReturnType<typeof connecting>;

/** Connects when first asked, and anew after a connection broke. */
export function openRedis(connection: RedisConnection): Redis {
  const { url, timeout = 5 } = connection;
  const where = new URL(url).host;
  let current: Promise<Client> | undefined;

  const connected = async (): Promise<Client> => {
    const client = connecting(connection);
    client.on("error", (error: Error) =>
      connection.log?.("warn", "connection lost", { reason: error.message }),
    );
    try {
      // The library limits the connection only, not the login that follows.
      await inTime(client.connect(), connection.timeout ?? 5);
    } catch (error) {
      client.destroy();
      throw error;
    }
    return client;
  };
  // Nothing is waited for between the look at `current` and its change: calls that come together share one connection.
  const client = async (): Promise<Client> => {
    const known = current;
    if (known !== undefined) {
      const open = await known;
      if (open.isReady) return open;
      if (current === known) current = undefined;
    }
    current ??= opening();
    return await current;
  };
  const opening = (): Promise<Client> => {
    const mine = connected().catch((error: unknown) => {
      if (current === mine) current = undefined;
      throw error;
    });
    return mine;
  };

  return {
    async command(...words) {
      let used: Client | undefined;
      try {
        used = await client();
        const args = words.map((word) => (typeof word === "number" ? String(word) : word));
        return await inTime(
          used.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).sendCommand<Reply>(args),
          timeout,
        );
      } catch (cause) {
        if (cause instanceof Late) {
          // Its answer may still come, and would be taken for the next command's.
          if (used?.isOpen) used.destroy();
        }
        throw redisError(cause, where, connection.user);
      }
    },
    async close() {
      const known = await current?.catch(() => undefined);
      if (known?.isOpen) known.destroy();
    },
  };
}

function connecting({ url, user, password, caFile, timeout = 5 }: RedisConnection) {
  const tls = url.startsWith("rediss:");
  return createClient({
    url,
    RESP: 2,
    ...(password && {
      credentialsProvider: {
        type: "async-credentials-provider" as const,
        credentials: async () => ({ username: user, password: password() }),
      },
    }),
    socket: {
      connectTimeout: timeout * 1000,
      // A broken connection is replaced by the next call, which can say what is wrong.
      reconnectStrategy: false as const,
      ...(tls && { tls: true as const, ...(caFile !== undefined && { ca: readFileSync(caFile) }) }),
    },
  });
}

class Late extends Error {}

async function inTime<T>(answer: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Late(`no answer within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What to do about an error of Redis, by its first word. */
const advice: Record<string, string> = {
  WRONGPASS: "Update the stack, so that the password is set anew.",
  NOAUTH: "Set SOPHIA_REDIS_PASSWORD_FILE.",
  NOPERM: "Its ACL does not allow that: ask for something else.",
  WRONGTYPE: "Look at the key's type with `read_key`.",
  OOM: "Redis is full: delete keys, or raise redis.memory in the stack's settings.",
  READONLY: "This Redis is a replica: write to the primary.",
  LOADING: "Redis reads its data after a start: try again in a minute.",
  BUSY: "A script blocks Redis: try again in a minute.",
  MISCONF: "Redis cannot write its snapshot: look at its volume.",
};

/** Whether Redis refused because the login may not name that key, whatever it asks of it. */
export const isKeptKey = (error: unknown): boolean =>
  error instanceof ToolError && /^NOPERM .*\baccess\b.*\bkey/i.test(messageOf(error.cause));

function redisError(cause: unknown, where: string, user: string): ToolError {
  if (cause instanceof ToolError) return cause;
  const reason = messageOf(cause);
  const todo = advice[/^[A-Z]+/.exec(reason)?.[0] ?? ""];
  if (todo !== undefined) return new ToolError(`Redis refused ${user}: ${reason}`, todo, { cause });
  if (cause instanceof Error && cause.name === "SimpleError")
    return new ToolError(`Redis says: ${reason}`, "Correct the call.", { cause });
  return new ToolError(
    `Redis cannot be reached at ${where}: ${reason}`,
    "Check that it runs, and that this server may reach it; `list_pods` of sophia_infrastructure shows it.",
    { cause },
  );
}
