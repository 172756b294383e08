import { images } from "../../components/core/versions.ts";
import type { CatalogInput } from "./entry.ts";
import { npm, oneCallAtATime, program, vendorFile, withoutResources } from "./vendorCommands.ts";

/** Limits the heap, so that a memory leak ends one server and does not affect others. */
const heap = { NODE_OPTIONS: "--max-old-space-size=192" };
/**
 * Limits PostgreSQL statements, of a program that sets none itself: node-postgres reads this variable. A statement that is
 * still running when the gateway gives up would go on, and each retry would add one. A caller's SQL can change the limits
 * for its connection.
 */
const statements = (limits: { seconds: number }) => ({
  PGOPTIONS: `-c statement_timeout=${limits.seconds}s -c client_connection_check_interval=1s`,
});
const imageVersion = (image: string) => image.slice(image.lastIndexOf(":") + 1);

/** Third-party servers that run in the cluster: npm packages in the image of `mcp/vendor`, or images of their vendors. */
export const vendorServers: CatalogInput[] = [
  {
    name: "github",
    description: "Repositories, issues, pull requests and workflows of GitHub.",
    kind: "container",
    source: {
      registry: "oci",
      name: "ghcr.io/github/github-mcp-server",
      version: imageVersion(images.githubMcp),
    },
    image: images.githubMcp,
    args: ["http", "--port", "8080"],
    // It has no health path, and responds 401 without a token.
    health: "tcp",
    revisions: ["2025-11-25"],
    credential: { header: "Authorization", variable: "GITHUB_PERSONAL_ACCESS_TOKEN" },
    // The descriptions of all 44 are 120 kB.
    toolAllow: [
      ...["get_me", "search_repositories", "search_code", "get_file_contents", "list_branches"],
      ...["list_commits", "get_commit", "list_issues", "search_issues", "issue_read", "issue_write"],
      ...["add_issue_comment", "list_pull_requests", "search_pull_requests", "pull_request_read"],
      ...["create_branch", "create_or_update_file", "create_pull_request"],
    ],
    egress: ["api.github.com:443"],
    unproven:
      "no test runs its program, as the packages of its name on npm and PyPI are other programs. Its arguments, port, path, revision, probe and memory, and the names of its tools, are as its source says",
    memory: 40,
  },
  {
    name: "slack",
    description: "Channels, messages and users of Slack.",
    kind: "container",
    source: {
      registry: "oci",
      name: "ghcr.io/korotovsky/slack-mcp-server",
      version: imageVersion(images.slackMcp),
    },
    image: images.slackMcp,
    args: ["--transport", "http"],
    environment: { SLACK_MCP_HOST: "0.0.0.0", SLACK_MCP_PORT: "8080" },
    // It answers at its own path only. It listens as soon as Slack has accepted its token, and ends when Slack does not.
    health: "tcp",
    revisions: ["2025-11-25"],
    // What it reads. Its others join and leave channels, mark messages as read, and change user groups.
    toolAllow: [
      ...["channels_list", "channels_me", "conversations_history", "conversations_replies"],
      ...["usergroups_list", "users_search"],
    ],
    // And the workspace's own name below it.
    egress: ["slack.com:443"],
    memory: 20,
  },
  {
    name: "notion",
    description: "Pages, databases and comments of Notion.",
    kind: "stdio",
    source: npm("@notionhq/notion-mcp-server"),
    command: program("@notionhq/notion-mcp-server", "bin/cli.mjs"),
    environment: heap,
    toolAllow: [
      "API-post-search",
      "API-retrieve-a-page",
      "API-get-block-children",
      "API-retrieve-a-data-source",
      "API-query-data-source",
      "API-get-users",
    ],
    egress: ["api.notion.com:443"],
    memory: 116,
  },
  {
    name: "asana",
    description: "Tasks, projects and workspaces of Asana.",
    kind: "stdio",
    source: npm("@roychri/mcp-server-asana"),
    command: program("@roychri/mcp-server-asana", "dist/index.js"),
    environment: { ...heap, READ_ONLY_MODE: "true" },
    toolAllow: [
      ...[
        "asana_list_workspaces",
        "asana_search_projects",
        "asana_get_project",
        "asana_get_project_sections",
      ],
      ...[
        "asana_get_project_statuses",
        "asana_search_tasks",
        "asana_get_task",
        "asana_get_multiple_tasks_by_gid",
      ],
      ...[
        "asana_get_my_tasks",
        "asana_get_tasks_for_project",
        "asana_get_subtasks",
        "asana_get_task_stories",
      ],
    ],
    egress: ["app.asana.com:443"],
    memory: 122,
  },
  {
    name: "hubspot",
    description: "Contacts, companies, deals and engagements of HubSpot.",
    kind: "stdio",
    source: npm("@hubspot/mcp-server"),
    command: withoutResources("@hubspot/mcp-server", "dist/index.js"),
    environment: heap,
    egress: ["api.hubapi.com:443"],
    memory: 118,
  },
  {
    name: "salesforce",
    description: "Records and metadata of one Salesforce org.",
    kind: "stdio",
    source: { registry: "npm", name: "@salesforce/mcp", version: "0.30.15" },
    command: ["sf-mcp-server"],
    egress: ["login.salesforce.com:443"],
    memory: 300,
    unavailable:
      "its package has 472 MB and reads the login store of Salesforce's CLI, not a secret; the image has neither",
  },
  {
    name: "postgres",
    description: "Read-only SQL and schema of the platform's PostgreSQL.",
    timeout: 60,
    kind: "container",
    source: npm("@bytebase/dbhub"),
    command: program("@bytebase/dbhub", "dist/index.js"),
    args: [
      ...["--transport", "http", "--host", "0.0.0.0", "--port", "8080"],
      ...["--config", vendorFile("dbhub.toml")],
    ],
    // Network policies decide who may connect.
    environment: { ...heap, ...statements({ seconds: 55 }), DBHUB_ALLOWED_HOSTS: "*" },
    health: { live: "/healthz", ready: "/healthz" },
    egress: ["postgres"],
    memory: 44,
  },
  {
    name: "codacy",
    description: "Code quality, coverage and security findings of Codacy.",
    kind: "stdio",
    source: npm("@codacy/codacy-mcp"),
    command: withoutResources("@codacy/codacy-mcp", "dist/index.js"),
    environment: heap,
    egress: ["app.codacy.com:443", "api.codacy.com:443"],
    memory: 112,
  },
  {
    name: "playwright",
    description:
      "A browser: open pages, click, type, read. Calls fail in the platform's image, which has no browser.",
    kind: "container",
    source: npm("@playwright/mcp"),
    command: program("@playwright/mcp", "cli.js"),
    args: [
      ...["--headless", "--isolated", "--host", "0.0.0.0", "--port", "8080"],
      // Network policies decide who may connect, so the host name does not matter.
      ...["--allowed-hosts", "*"],
    ],
    environment: { ...heap, PLAYWRIGHT_BROWSERS_PATH: "/tmp/browsers" },
    // It serves the protocol at every path, so it has no health path.
    health: "program",
    revisions: ["2025-11-25"],
    sessionful: true,
    egress: ["internet"],
    memory: 116,
  },
  {
    name: "figma_context",
    description: "Layout and styles of Figma files, for writing code after them.",
    timeout: 60,
    kind: "stdio",
    source: npm("figma-developer-mcp"),
    command: [
      ...program("figma-developer-mcp", "dist/bin.js"),
      "--stdio",
      "--no-telemetry",
      // They would be saved inside the pod, where no client reads them.
      "--skip-image-downloads",
    ],
    environment: heap,
    egress: ["api.figma.com:443"],
    memory: 110,
  },
  {
    name: "memory",
    description: "A knowledge graph that persists across conversations: entities, relations, observations.",
    // It reads one small file.
    timeout: 10,
    kind: "stdio",
    source: npm("@modelcontextprotocol/server-memory"),
    // Each call that writes reads the whole file, changes it and writes it back; 2026.8.31 has no lock for that.
    command: oneCallAtATime("@modelcontextprotocol/server-memory", "dist/index.js"),
    environment: { ...heap, MEMORY_FILE_PATH: "/data/memory.jsonl" },
    volume: { path: "/data", size: "1Gi" },
    memory: 124,
  },
  {
    name: "docker",
    description: "Containers, images and logs of a remote Docker engine.",
    kind: "stdio",
    source: { registry: "pypi", name: "mcp-server-docker", version: "0.3.0" },
    command: ["mcp-server-docker"],
    memory: 100,
    unavailable:
      "it needs Python 3.12 and a Docker engine that listens over TLS; a host's socket is never mounted into a pod",
  },
];
