import { parse } from "yaml";

/** What the lab itself needs to know of a stack file; the program reads and checks all of it. */
export interface StackFile {
  /** Number of hosts. */
  hosts: number;
  /** Host names of the certificate. */
  hostnames: string[];
  /** MCP servers that are enabled by name. */
  mcpServers: string[];
  /** Whether monitoring is on, which is the default. */
  monitoring: boolean;
  /** Whether there are backups. */
  backup: boolean;
  /** The user that manages the warehouse, whom the lab's Snowflake has from the start. */
  administrator: string;
}

/** The parts that are read, as the file has them. */
interface Sections {
  hosts?: unknown;
  nginx?: { hostnames?: unknown };
  mcp?: { enabled?: unknown };
  monitoring?: { enabled?: unknown };
  backup?: unknown;
  pipeline?: { snowflake?: { user?: unknown } };
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Pure. @throws when the file names no user that manages the warehouse */
export function readStackFile(text: string): StackFile {
  const { config } = parse(text) as { config?: Record<string, unknown> };
  const entries = Object.entries(config ?? {});
  const sections: Sections = Object.fromEntries(
    entries.map(([key, value]) => [key.replace(/^sophia-infra:/, ""), value]),
  );
  const user = sections.pipeline?.snowflake?.user;
  if (typeof user !== "string" || user === "")
    throw new Error(
      "the stack file has no sophia-infra:pipeline.snowflake.user: name the user that manages the warehouse",
    );
  const hostnames = list(sections.nginx?.hostnames).map(String);
  return {
    hosts: list(sections.hosts).length,
    hostnames: hostnames.length > 0 ? hostnames : ["sophia.lab"],
    mcpServers: list(sections.mcp?.enabled).map(String),
    monitoring: sections.monitoring?.enabled !== false,
    backup: sections.backup !== undefined,
    administrator: user,
  };
}
