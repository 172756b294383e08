/** The platform's databases (D1). */
export const databases = ["sophia_staging", "sophia_analytics", "sophia_cache", "sophia_monitoring"] as const;
export type DatabaseName = (typeof databases)[number];

/** A role that a service logs in with. */
export interface Login {
  name: string;
  /** Who it is for; ends up as the role's comment. */
  purpose: string;
  /** The only databases it may connect to: `pg_hba.conf` refuses it everywhere else. */
  databases: readonly DatabaseName[];
  /** Databases whose schema and data belong to it. */
  owns: readonly DatabaseName[];
  /** Roles it is a member of: PostgreSQL's predefined ones, or other logins. */
  memberOf: readonly string[];
  /** Whether it may follow the write-ahead log, as change data capture does. Default: no. */
  replication?: boolean;
  /** Connections that it may have at once. Default: as many as there are. */
  connections?: number;
  /** Nobody logs in with it: it holds the rights of its members. Default: somebody does. */
  group?: true;
}

/** What an MCP server logs in with. None is a member of another, so that none may end or read another's statements. */
const mcpLogin = <Name extends string>(name: Name, server: string) =>
  ({
    name,
    purpose: `the MCP server ${server}: reads what mcp may read`,
    databases: ["sophia_staging", "sophia_analytics"],
    owns: [],
    memberOf: ["mcp"],
  }) as const satisfies Login;

/** One login a service, with what that service needs, and the groups that hold rights for some. A new service is one more entry. */
const roles = [
  {
    name: "pipeline",
    purpose: "owns and migrates the staging tables",
    databases: ["sophia_staging"],
    owns: ["sophia_staging"],
    // Estuary's tables belong to their maker: only as a member can they be published and granted on.
    memberOf: ["flow_materialize"],
  },
  {
    name: "flow_capture",
    purpose: "Estuary: follows the published staging tables to the warehouse",
    databases: ["sophia_staging"],
    owns: [],
    memberOf: [],
    replication: true,
  },
  {
    name: "flow_materialize",
    purpose: "Estuary: makes and fills the staging tables of HubSpot and Slack",
    databases: ["sophia_staging"],
    owns: [],
    memberOf: [],
  },
  {
    name: "gong_loader",
    purpose: "the Gong extractor: fills its staging tables",
    databases: ["sophia_staging"],
    owns: [],
    memberOf: [],
  },
  {
    name: "quality",
    purpose: "quality checks: reads staging, writes results and status",
    databases: ["sophia_staging"],
    owns: [],
    memberOf: [],
  },
  {
    name: "analytics",
    purpose: "owns the analytics models",
    databases: ["sophia_analytics"],
    owns: ["sophia_analytics"],
    memberOf: [],
  },
  {
    name: "cache",
    purpose: "owns cached results",
    databases: ["sophia_cache"],
    owns: ["sophia_cache"],
    memberOf: [],
  },
  {
    name: "monitoring",
    purpose: "owns metrics and history of the platform itself",
    databases: ["sophia_monitoring"],
    owns: ["sophia_monitoring"],
    memberOf: [],
  },
  {
    name: "mcp",
    purpose: "may read staging and analytics, for the logins of MCP servers",
    databases: [],
    owns: [],
    // Not `pg_read_all_data`: it shows the password digests of all logins. The owner of a schema grants what may be read.
    memberOf: [],
    group: true,
  },
  mcpLogin("mcp_data", "sophia_data_intelligence"),
  mcpLogin("mcp_data_even", "sophia_data_intelligence"),
  mcpLogin("mcp_business", "sophia_business_intelligence"),
  mcpLogin("mcp_business_even", "sophia_business_intelligence"),
  mcpLogin("mcp_postgres", "postgres"),
  mcpLogin("mcp_postgres_even", "postgres"),
  {
    name: "backup",
    purpose: "backups: reads everything, and changes nothing",
    databases,
    owns: [],
    // Also the digests of passwords; whoever may read all rows gains nothing by those of 32 random characters.
    memberOf: ["pg_read_all_data"],
    connections: 4,
  },
  {
    name: "probe",
    purpose: "proves that every database answers; has no rights in any",
    databases,
    owns: [],
    memberOf: [],
  },
] as const satisfies readonly Login[];
type Role = (typeof roles)[number];
export type LoginName = Exclude<Role, { group: true }>["name"];

/**
 * Logins that take turns: the one in odd generations of the passwords, and the one in even ones. PostgreSQL knows one
 * password for each, and a pod's stays valid until the pod has rolled. The others are of jobs and of Estuary, which try again.
 */
export const turnLogins = {
  mcp_data: "mcp_data_even",
  mcp_business: "mcp_business_even",
  mcp_postgres: "mcp_postgres_even",
} as const satisfies Partial<Record<LoginName, LoginName>>;
export type TurnLogin = keyof typeof turnLogins;

/** All roles, also those that nobody logs in with. */
export const allRoles: readonly Login[] = roles;

export const logins = roles.filter((role): role is Exclude<Role, { group: true }> => !("group" in role));

/** Owner of a database. */
export function ownerOf(database: DatabaseName, all: readonly Login[] = logins): string {
  const owners = all.filter((login) => login.owns.includes(database));
  const [owner] = owners;
  if (!owner || owners.length > 1) {
    throw new Error(`database ${database} needs exactly one owner among the logins, got ${owners.length}`);
  }
  return owner.name;
}

/** Lines of `pg_hba.conf`: over TLS, with a password, to its own databases; nothing else. */
export const hostRules = (all: readonly Login[] = logins): string[] => [
  ...all.map(({ name, databases: own }) => `hostssl ${own.join(",")} ${name} all scram-sha-256`),
  "host all all all reject",
];
