import type { CatalogInput } from "./entry.ts";

const atVendor =
  "no test calls its vendor, only servers of ours on TLS in its place. Its revision, that it takes the token as a bearer, its tools, and that the gateway's image trusts public authorities, are as their documentation says";

/** Snowflake serves MCP itself, from an object of the account (`CREATE MCP SERVER`): one for each set of rights. */
const snowflake = (name: string, description: string, variable: string): CatalogInput => ({
  name,
  description,
  kind: "remote",
  revisions: ["2025-11-25"],
  // A warehouse that sleeps must wake up first, and an agent asks it more than once.
  timeout: 120,
  credential: { header: "Authorization", variable },
  unproven: atVendor,
});

/** Servers that run at their vendors'. */
export const remoteServers: CatalogInput[] = [
  snowflake("snowflake", "Tables and views of the warehouse, with a role that reads.", "SNOWFLAKE_MCP_TOKEN"),
  snowflake(
    "snowflake_admin",
    "Administration of the warehouse, with a role that may change it.",
    "SNOWFLAKE_ADMIN_MCP_TOKEN",
  ),
  snowflake(
    "snowflake_cortex",
    "Snowflake Cortex: analyst, search and agents over the warehouse.",
    "SNOWFLAKE_CORTEX_MCP_TOKEN",
  ),
  {
    name: "pulumi",
    description: "Stacks, resources and policy findings of Pulumi Cloud, and the Pulumi Registry.",
    kind: "remote",
    url: "https://mcp.ai.pulumi.com/mcp",
    revisions: ["2025-11-25"],
    credential: { header: "Authorization", variable: "PULUMI_ACCESS_TOKEN" },
    unproven: atVendor,
  },
];
