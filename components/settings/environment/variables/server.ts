import { z } from "zod";
import type { Variable } from "./variable.ts";

const text = z.string().min(1);
const switched = z.literal("1").optional();
const stagingReaders = ["mcp/sophia_data_intelligence", "mcp/sophia_business_intelligence"] as const;
const stagingUsers = [...stagingReaders, "pipeline-kit"] as const;

/** What the MCP servers that are written here read beyond secrets: where their services are, and what they may do. */
export const serverVariables = {
  SOPHIA_POSTGRES_HOST: {
    about: "Host of PostgreSQL, as its certificate has it.",
    usedBy: stagingUsers,
    schema: text,
    setBy: "program",
  },
  SOPHIA_POSTGRES_PORT: {
    about: "Port of PostgreSQL.",
    usedBy: stagingUsers,
    schema: z.coerce.number().int().min(1).max(65535).default(5432),
    setBy: "default",
  },
  SOPHIA_POSTGRES_DATABASE: {
    about: "Database with the staging tables.",
    usedBy: stagingUsers,
    schema: text.default("sophia_staging"),
    setBy: "default",
  },
  SOPHIA_POSTGRES_USER: {
    about: "Login, one for each service. An MCP server's may only read: one with more rights is refused.",
    usedBy: stagingUsers,
    schema: text,
    setBy: "program",
  },
  SOPHIA_POSTGRES_PASSWORD_FILE: {
    about: "File with the login's password, which the program makes.",
    usedBy: stagingUsers,
    schema: text,
    setBy: "program",
  },
  SOPHIA_POSTGRES_TLS: {
    about: "`verify` checks the server's certificate; `off` sends everything in the clear.",
    usedBy: stagingUsers,
    schema: z.enum(["verify", "off"]).default("verify"),
    setBy: "default",
  },
  SOPHIA_POSTGRES_CA_FILE: {
    about: "File with the authority (PEM) that signed it. Left out: the system's authorities.",
    usedBy: stagingUsers,
    schema: text.optional(),
    setBy: "program",
  },
  SOPHIA_SQL_TIMEOUT: {
    about: "Seconds that PostgreSQL may work on one statement.",
    usedBy: stagingReaders,
    schema: z.coerce.number().positive().max(60).default(10),
    setBy: "default",
  },
  SOPHIA_REDIS_URL: {
    about:
      "`rediss://host:port` or, without TLS, `redis://host:port`, which the platform's own does not take; a database number may follow, which its login may not choose. No password.",
    usedBy: ["mcp/redis"],
    schema: z.url({ protocol: /^rediss?$/ }),
    setBy: "program",
  },
  SOPHIA_REDIS_USER: {
    about: "Login of Redis. The platform's own has no more rights than the tools need.",
    usedBy: ["mcp/redis"],
    schema: text.default("mcp"),
    setBy: "default",
  },
  SOPHIA_REDIS_PASSWORD_FILE: {
    about: "File with its password, which the program makes. Left out: Redis asks for none.",
    usedBy: ["mcp/redis"],
    schema: text.optional(),
    setBy: "program",
  },
  SOPHIA_REDIS_CA_FILE: {
    about: "File with what Redis's certificate is trusted by (PEM). Left out: the system's authorities.",
    usedBy: ["mcp/redis"],
    schema: text.optional(),
    setBy: "program",
  },
  SOPHIA_REDIS_WRITABLE: {
    about: "`1` lets tools set and delete keys. A change restarts Redis, whose login then may, too.",
    usedBy: ["mcp/redis"],
    schema: switched,
    setBy: "stack",
  },
  SOPHIA_INFERENCE_API_URL: {
    about:
      "Base URL of the LLM endpoint with its version, like `https://llm.example.com/v1`: any that speaks OpenAI's API, such as vLLM on a GPU host. Left out: the server is disabled. Lambda's own, `https://api.lambda.ai/v1`, was closed on 25 September 2025.",
    usedBy: ["mcp/sophia_ai_intelligence"],
    schema: z.url({ protocol: /^https?$/ }),
    setBy: "stack",
  },
  SOPHIA_INFERENCE_CHAT_MODEL: {
    about: "Model that answers when a call names none. Left out: each call must name one.",
    usedBy: ["mcp/sophia_ai_intelligence"],
    schema: text.optional(),
    setBy: "stack",
  },
  SOPHIA_INFERENCE_EMBEDDING_MODEL: {
    about: "Model that makes embeddings when a call names none. Left out: each call must name one.",
    usedBy: ["mcp/sophia_ai_intelligence"],
    schema: text.optional(),
    setBy: "stack",
  },
  SOPHIA_INFERENCE_MAX_TOKENS: {
    about: "Tokens that one answer may have at most, whatever a call asks for.",
    usedBy: ["mcp/sophia_ai_intelligence"],
    schema: z.coerce.number().int().positive().default(4096),
    setBy: "default",
  },
  SOPHIA_INFERENCE_TIMEOUT: {
    about:
      "Seconds that the endpoint may take for an answer; the gateway waits no longer than for 120 of them.",
    usedBy: ["mcp/sophia_ai_intelligence"],
    schema: z.coerce.number().positive().max(120).default(120),
    setBy: "default",
  },
  SOPHIA_GONG_API_URL: {
    about: "Base URL of Gong's API; the account's own is shown in Gong's settings.",
    usedBy: ["mcp/gong", "gong"],
    schema: z.url().default("https://api.gong.io"),
    setBy: "program",
  },
  SOPHIA_GONG_REQUESTS_PER_SECOND: {
    about: "Share of the company's requests; Gong allows three a second for all integrations together.",
    usedBy: ["mcp/gong"],
    schema: z.coerce.number().positive().max(3).default(0.5),
    setBy: "default",
  },
  SOPHIA_GONG_REQUESTS_PER_DAY: {
    about:
      "Requests a day (UTC) of the server; Gong allows 10,000 for everyone, and the extractors take up to 9,000.",
    usedBy: ["mcp/gong"],
    schema: z.coerce.number().int().positive().max(10_000).default(400),
    setBy: "default",
  },
  SOPHIA_LAMBDA_CHANGES_ALLOWED: {
    about:
      "`1` lets tools launch and terminate instances, each call only with its confirmation. Costs money.",
    usedBy: ["mcp/lambda_labs_cli"],
    schema: switched,
    setBy: "stack",
  },
} as const satisfies Record<string, Variable>;
