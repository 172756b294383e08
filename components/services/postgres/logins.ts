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
}

/** One login a service, with what that service needs. A new service is one more entry. */
export const logins = [
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
    purpose: "reads staging and analytics for MCP servers",
    databases: ["sophia_staging", "sophia_analytics"],
    owns: [],
    // Not `pg_read_all_data`: it shows the password digests of all logins. The owner of a schema grants what may be read.
    memberOf: [],
  },
  {
    name: "probe",
    purpose: "proves that every database answers; has no rights in any",
    databases,
    owns: [],
    memberOf: [],
  },
] as const satisfies readonly Login[];
export type LoginName = (typeof logins)[number]["name"];

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
