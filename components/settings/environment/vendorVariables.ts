import { z } from "zod";
import type { ConsumerName } from "./consumers.ts";
import type { AnySecretName } from "./secrets.ts";

const text = z.string().min(1);

/** A vendor's variable that holds a secret. */
const vendors = <const Consumer extends ConsumerName>(
  secret: AnySecretName,
  consumer: Consumer,
  program: string,
) =>
  ({
    about: "See the secret.",
    usedBy: [consumer],
    schema: text,
    setBy: "program",
    secret,
    standard: program,
  }) as const;

/** What programs of others read, under their own names. */
export const vendorVariables = {
  PRIVATE_APP_ACCESS_TOKEN: vendors("hubspotAccessToken", "mcp/hubspot", "@hubspot/mcp-server"),
  SLACK_MCP_XOXB_TOKEN: vendors("slackBotToken", "mcp/slack", "slack-mcp-server"),
  SNOWFLAKE_MCP_TOKEN: vendors("snowflakeMcpToken", "mcp/snowflake", "the MCP gateway's reference to it"),
  SNOWFLAKE_ADMIN_MCP_TOKEN: vendors(
    "snowflakeAdminMcpToken",
    "mcp/snowflake_admin",
    "the MCP gateway's reference to it",
  ),
  SNOWFLAKE_CORTEX_MCP_TOKEN: vendors(
    "snowflakeCortexMcpToken",
    "mcp/snowflake_cortex",
    "the MCP gateway's reference to it",
  ),
  DSN: {
    about: "Connection string of a login that reads; the program makes it.",
    usedBy: ["mcp/postgres"],
    schema: text,
    setBy: "program",
    standard: "@bytebase/dbhub",
  },
  GITHUB_PERSONAL_ACCESS_TOKEN: vendors("githubToken", "mcp/github", "github-mcp-server"),
  NOTION_TOKEN: vendors("notionToken", "mcp/notion", "@notionhq/notion-mcp-server"),
  ASANA_ACCESS_TOKEN: vendors("asanaAccessToken", "mcp/asana", "@roychri/mcp-server-asana"),
  SFDX_AUTH_URL: vendors("salesforceAuthUrl", "mcp/salesforce", "Salesforce's CLI"),
  CODACY_ACCOUNT_TOKEN: vendors("codacyAccountToken", "mcp/codacy", "@codacy/codacy-mcp"),
  FIGMA_API_KEY: vendors("figmaApiKey", "mcp/figma_context", "figma-developer-mcp"),
  PULUMI_ACCESS_TOKEN: vendors("pulumiAccessToken", "mcp/pulumi", "Pulumi's CLI"),
} as const;
