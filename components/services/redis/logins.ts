import { createHash } from "node:crypto";

/** Everything of the MCP gateway begins so. */
const gatewayPrefix = "mcp-gateway:";

/**
 * Where the MCP gateway stores sessions of the 2025 revision: a session's id is enough to use the session. A database of
 * its own, because an access control list (ACL) does not keep names of keys from who may list those of a database.
 */
export const gatewaySessions = { database: 1, prefix: `${gatewayPrefix}session:` } as const;

/**
 * Patterns that match every key but those that begin with a prefix: an ACL has no exceptions. Pure.
 * @param prefix without characters that a pattern gives a meaning
 */
export const keysWithout = (prefix: string): string[] =>
  [...prefix].flatMap((character, at) => {
    const begun = prefix.slice(0, at);
    return [...(at > 0 ? [begun] : []), `${begun}[^${character}]*`];
  });

/** What Redis allows a login; all else it refuses. */
export interface RedisLogin {
  name: string;
  purpose: string;
  /** Patterns of the keys that its commands may name. */
  keys: readonly string[];
  /** Whether it may change these keys. */
  writes: boolean;
  /** Commands, `command|subcommand` or a category like `@all`. */
  commands: readonly string[];
}

/** What the tools of the MCP server `redis` ask. Without `select` they stay in database 0. */
const reading = [
  ...["scan", "type", "ttl", "dbsize", "info"],
  ...["memory|usage", "memory|doctor", "object|encoding"],
  ...["strlen", "getrange", "llen", "lrange", "zcard", "zrange"],
  ...["hlen", "hscan", "scard", "sscan", "xlen", "xrange"],
];

/** One login a client, with what that client needs; a new client is one more entry. */
const redisLogins = {
  default: {
    purpose:
      "the MCP gateway's sessions; vMCP 0.47 gives a password and no name, which Redis takes for this one",
    keys: [`${gatewaySessions.prefix}*`],
    writes: true,
    commands: ["ping", `select|${gatewaySessions.database}`, "getex", "set", "del"],
  },
  mcp: {
    purpose: "the MCP server `redis`",
    keys: keysWithout(gatewayPrefix),
    writes: false,
    commands: reading,
  },
  admin: {
    purpose: "administrators, in Redis's own pod: copies, incidents",
    keys: ["*"],
    writes: true,
    commands: ["@all"],
  },
  replica: {
    purpose: "copies of the primary",
    keys: [],
    writes: false,
    commands: ["psync", "replconf", "ping"],
  },
  backup: {
    purpose: "backups: a copy of everything, and not one key by its name",
    keys: [],
    writes: false,
    commands: ["sync", "replconf"],
  },
  probe: { purpose: "the kubelet's probes", keys: [], writes: false, commands: ["ping"] },
} as const satisfies Record<string, Omit<RedisLogin, "name">>;
export type RedisLoginName = keyof typeof redisLogins;

export const redisLoginNames = Object.keys(redisLogins) as RedisLoginName[];

/** A login by its name. Pure. @param mcpWrites Whether `mcp` may also set and delete keys. */
export function redisLogin(name: RedisLoginName, mcpWrites = false): RedisLogin {
  const login: RedisLogin = { name, ...redisLogins[name] };
  if (name !== "mcp" || !mcpWrites) return login;
  return { ...login, writes: true, commands: [...login.commands, "set", "unlink"] };
}

/** A login's line of Redis's ACL file, which has digests of the passwords only; each of them opens. Pure. */
export const aclLine = ({ name, keys, writes, commands }: RedisLogin, ...passwords: string[]): string =>
  [
    ...["user", name, "reset", "on"],
    ...passwords.map((password) => `#${createHash("sha256").update(password).digest("hex")}`),
    ...keys.map((pattern) => `${writes ? "~" : "%R~"}${pattern}`),
    ...commands.map((command) => `+${command}`),
  ].join(" ");

/** Passwords of every login. */
export type RedisPasswords = Readonly<Record<RedisLoginName, string>>;

/**
 * Redis's ACL file: every login, and nobody else. Pure.
 * @param previous passwords that open, too
 */
export const aclFile = (
  passwords: RedisPasswords,
  mcpWrites: boolean,
  previous: Partial<RedisPasswords> = {},
): string =>
  redisLoginNames
    .map((name) => {
      const before = previous[name];
      const all = [passwords[name], ...(before === undefined ? [] : [before])];
      return `${aclLine(redisLogin(name, mcpWrites), ...all)}\n`;
    })
    .join("");
