/** The token that a vendor's MCP server reads, and what is made of it: its variable, its reader, its secret's user. */
interface VendorToken {
  /** What people call the vendor. */
  title: string;
  /** Under which the program reads it, or the gateway where it adds it to requests. */
  variable: string;
  /** Name in `secrets.ts`, which says where it comes from. */
  secret: string;
  /** Whose variable it is. */
  program: string;
  /** Whether its server can run; see `unavailable` in the catalog. Default true. */
  built?: false;
}
const byGateway = "the MCP gateway's reference to it";

/** One line for each MCP server of others that needs a token, by its name in the catalog. */
export const vendorTokens = {
  pulumi: {
    title: "Pulumi",
    variable: "PULUMI_ACCESS_TOKEN",
    secret: "pulumiAccessToken",
    program: "Pulumi's CLI",
  },
  github: {
    title: "GitHub",
    variable: "GITHUB_PERSONAL_ACCESS_TOKEN",
    secret: "githubToken",
    program: "github-mcp-server",
  },
  slack: {
    title: "Slack",
    variable: "SLACK_MCP_XOXB_TOKEN",
    secret: "slackBotToken",
    program: "slack-mcp-server",
  },
  notion: {
    title: "Notion",
    variable: "NOTION_TOKEN",
    secret: "notionToken",
    program: "@notionhq/notion-mcp-server",
  },
  asana: {
    title: "Asana",
    variable: "ASANA_ACCESS_TOKEN",
    secret: "asanaAccessToken",
    program: "@roychri/mcp-server-asana",
  },
  hubspot: {
    title: "HubSpot",
    variable: "PRIVATE_APP_ACCESS_TOKEN",
    secret: "hubspotAccessToken",
    program: "@hubspot/mcp-server",
  },
  salesforce: {
    title: "Salesforce",
    variable: "SFDX_AUTH_URL",
    secret: "salesforceAuthUrl",
    program: "Salesforce's CLI",
    built: false,
  },
  snowflake: {
    title: "Snowflake, reading",
    variable: "SNOWFLAKE_MCP_TOKEN",
    secret: "snowflakeMcpToken",
    program: byGateway,
  },
  snowflake_admin: {
    title: "Snowflake, administration",
    variable: "SNOWFLAKE_ADMIN_MCP_TOKEN",
    secret: "snowflakeAdminMcpToken",
    program: byGateway,
  },
  snowflake_cortex: {
    title: "Snowflake Cortex",
    variable: "SNOWFLAKE_CORTEX_MCP_TOKEN",
    secret: "snowflakeCortexMcpToken",
    program: byGateway,
  },
  codacy: {
    title: "Codacy",
    variable: "CODACY_ACCOUNT_TOKEN",
    secret: "codacyAccountToken",
    program: "@codacy/codacy-mcp",
  },
  figma_context: {
    title: "Figma",
    variable: "FIGMA_API_KEY",
    secret: "figmaApiKey",
    program: "figma-developer-mcp",
  },
} as const satisfies Record<string, VendorToken>;

export type VendorServer = keyof typeof vendorTokens;
export const allVendorTokens: [VendorServer, VendorToken][] = Object.entries(vendorTokens) as [
  VendorServer,
  VendorToken,
][];
