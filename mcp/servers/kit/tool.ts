import type { McpServer, StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import { z } from "zod";
import { messageOf } from "../../../components/core/errors.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./serving/metrics.ts";

/** A tool failed in a way that the caller can do something about. The message says what. */
export class ToolError extends Error {
  constructor(what: string, todo: string, options?: ErrorOptions) {
    super(`${what.replace(/\.+$/, "")}. ${todo}`, options);
    this.name = "ToolError";
  }
}

/** What a tool is told of the call, besides its input. */
interface Call {
  /** Fires when the caller went away or the tool's time is over; pass it on to whatever is waited for. */
  signal: AbortSignal;
}

/** One tool of a server: what a model is told, and what happens. */
export interface Tool<Input extends z.ZodObject = z.ZodObject> {
  name: string;
  /** One line that a model understands. */
  description: string;
  input: Input;
  /** False when a call changes something. Default true. */
  readOnly?: boolean;
  /** True when what a call changes cannot be brought back. Default false. */
  destructive?: boolean;
  /** Seconds after which the call is given up. Default 60; the server's entry in the catalog must allow more. */
  timeout?: number;
  /** What a caller of a call that was given up is told to do. Default: to ask for less, or to try again. */
  unfinished?: string;
  run(input: z.infer<Input>, call: Call): Promise<unknown>;
}

/** Keeps the type of the input between schema and function. */
export const tool = <Input extends z.ZodObject>(definition: Tool<Input>): Tool =>
  definition as unknown as Tool;

/** Seconds that a tool has which names no time of its own. */
export const usualTimeout = 60;

/** Longest text that a tool returns; longer answers must be paged. */
export const maxText = 100_000;

/**
 * Registers tools so that each call is measured, logged, bounded in size and time, and never throws out of the server. Made
 * once: the SDK wants a new server for each request.
 *
 * @returns registers all of them, or only the one that is called
 */
export function registrar(tools: Tool[], metrics: Metrics, log: Log) {
  const each = tools.map((definition) => {
    const { name, description, input, readOnly = true, destructive = false } = definition;
    const config = {
      description,
      inputSchema: convertedOnce(input),
      annotations: { readOnlyHint: readOnly, ...(!readOnly && { destructiveHint: destructive }) },
    };
    return (server: McpServer) =>
      server.registerTool(name, config, async (args, context) =>
        metrics.measure(
          name,
          () => answer(definition, log, () => inTime(definition, args, context.mcpReq.signal)),
          (result) => !("isError" in result && result.isError),
        ),
      );
  });
  const byName = new Map(tools.map(({ name }, index) => [name, each.slice(index, index + 1)]));
  return (server: McpServer, called?: string | null): void => {
    for (const register of byName.get(called ?? "") ?? each) register(server);
  };
}

type WithJson = StandardSchemaWithJSON<z.infer<z.ZodObject>>;

/** A schema whose JSON Schema is made once, instead of for each request. */
function convertedOnce(input: z.ZodObject): WithJson {
  const standard = input["~standard"] as WithJson["~standard"];
  const made = new Map<string, Record<string, unknown>>();
  const jsonSchema: typeof standard.jsonSchema = {
    ...standard.jsonSchema,
    input: (options) => {
      const known = made.get(options.target) ?? standard.jsonSchema.input(options);
      made.set(options.target, known);
      return known;
    },
  };
  return { "~standard": { ...standard, jsonSchema } };
}

/** Gives up at the deadline even where the tool ignores its signal, so that no call waits without end. */
async function inTime(
  { name, timeout = usualTimeout, unfinished = "Ask for less, or try again later.", run }: Tool,
  args: z.infer<z.ZodObject>,
  gone: AbortSignal,
) {
  const late = new AbortController();
  // `AbortSignal.any` costs several times as much.
  const leave = () => late.abort(gone.reason);
  if (gone.aborted) leave();
  gone.addEventListener("abort", leave);
  let timer: NodeJS.Timeout | undefined;
  const given = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new ToolError(`${name} did not finish within ${timeout} s`, unfinished);
      late.abort(error);
      reject(error);
    }, timeout * 1000);
  });
  try {
    return await Promise.race([run(args, { signal: late.signal }), given]);
  } finally {
    gone.removeEventListener("abort", leave);
    clearTimeout(timer);
  }
}

async function answer({ name, input }: Tool, log: Log, run: () => Promise<unknown>) {
  try {
    const text = JSON.stringify(await run());
    if (text.length <= maxText) return { content: [{ type: "text" as const, text }] };
    throw new ToolError(
      `The answer has ${text.length} characters, more than ${maxText}`,
      "limit" in input.shape
        ? "Ask for fewer items with `limit`."
        : "Narrow the question, or ask another tool for a part of it.",
    );
  } catch (error) {
    const known = error instanceof ToolError;
    const reason = messageOf(error);
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
  cursor: z.string().max(2000).optional().describe("`nextCursor` of the page before"),
};

export interface Paging {
  limit: number;
  cursor?: string | undefined;
}

const foreign = (cursor: string | undefined) =>
  new ToolError(`The cursor ${JSON.stringify(cursor)} is not one of ours`, "Start again without it.");

/** Where a page begins. @throws ToolError for a cursor that is not ours */
export function offsetOf(cursor: string | undefined): number {
  const start = cursor === undefined ? 0 : Number.parseInt(cursor, 10);
  if (!Number.isSafeInteger(start) || start < 0 || String(start) !== (cursor ?? "0")) throw foreign(cursor);
  return start;
}

/** One page of a list; `nextCursor` is absent on the last. */
export function page<T>(items: T[], { limit, cursor }: Paging) {
  const start = offsetOf(cursor);
  const end = start + limit;
  const rest = end < items.length ? { nextCursor: String(end) } : {};
  return { total: items.length, items: items.slice(start, end), ...rest };
}

/** One page of a list that was read with one item more than asked for, to know whether there is more. */
export function pageOfMore<T>(items: T[], { limit, cursor }: Paging) {
  const rest = items.length > limit ? { nextCursor: String(offsetOf(cursor) + limit) } : {};
  return { items: items.slice(0, limit), ...rest };
}

/** A cursor that carries whatever the next page needs, so that the server keeps nothing. */
export const cursorFor = (state: object): string => Buffer.from(JSON.stringify(state)).toString("base64url");

/** What `cursorFor` put in. @throws ToolError for a cursor that is not ours */
export function cursorState<S extends z.ZodType>(cursor: string, schema: S): z.infer<S> {
  let state: unknown;
  try {
    state = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw foreign(cursor);
    throw error;
  }
  const result = schema.safeParse(state);
  if (!result.success) throw foreign(cursor);
  return result.data;
}
