import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** A tool failed in a way that the caller can do something about. The message says what. */
export class ToolError extends Error {
  constructor(what: string, todo: string, options?: ErrorOptions) {
    super(`${what}. ${todo}`, options);
    this.name = "ToolError";
  }
}

/** One tool of a server: what a model is told, and what happens. */
export interface Tool<Input extends z.ZodObject = z.ZodObject> {
  name: string;
  /** One line that a model understands. */
  description: string;
  input: Input;
  /** False when a call changes something. Default true. */
  readOnly?: boolean;
  run(input: z.infer<Input>): Promise<unknown>;
}

/** Keeps the type of the input between schema and function. */
export const tool = <Input extends z.ZodObject>(definition: Tool<Input>): Tool =>
  definition as unknown as Tool;

/** Longest text that a tool returns; longer answers must be paged. */
const maxText = 100_000;

/** Registers tools so that each call is measured, logged, bounded, and never throws out of the server. */
export function registerTools(server: McpServer, tools: Tool[], metrics: Metrics, log: Log): void {
  for (const { name, description, input, readOnly = true, run } of tools) {
    server.registerTool(
      name,
      { description, inputSchema: input, annotations: { readOnlyHint: readOnly } },
      async (args) =>
        metrics.measure(
          name,
          () => answer(name, log, () => run(args)),
          (result) => !("isError" in result && result.isError),
        ),
    );
  }
}

async function answer(name: string, log: Log, run: () => Promise<unknown>) {
  try {
    const text = JSON.stringify(await run(), null, 2);
    if (text.length <= maxText) return { content: [{ type: "text" as const, text }] };
    throw new ToolError(`The answer has ${text.length} characters`, "Ask for fewer items with `limit`.");
  } catch (error) {
    const known = error instanceof ToolError;
    const reason = error instanceof Error ? error.message : String(error);
    log(known ? "warn" : "error", "tool failed", { tool: name, reason });
    const text = known
      ? reason
      : `${name} failed: ${reason}. Try again; if it stays, look at the server's log.`;
    return { content: [{ type: "text" as const, text }], isError: true };
  }
}

/** Input fields of a tool that returns a list. */
export const paging = {
  limit: z.number().int().min(1).max(200).default(50).describe("how many items at most"),
  cursor: z.string().optional().describe("`nextCursor` of the page before"),
};

/** One page of a list; `nextCursor` is absent on the last. */
export function page<T>(items: T[], { limit, cursor }: { limit: number; cursor?: string | undefined }) {
  const start = cursor === undefined ? 0 : Number.parseInt(cursor, 10);
  if (!Number.isInteger(start) || start < 0 || String(start) !== (cursor ?? "0")) {
    throw new ToolError(`The cursor ${JSON.stringify(cursor)} is not one of ours`, "Start again without it.");
  }
  const end = start + limit;
  const rest = end < items.length ? { nextCursor: String(end) } : {};
  return { total: items.length, items: items.slice(start, end), ...rest };
}
