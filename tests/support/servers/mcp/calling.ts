import { onTestFinished } from "vitest";
import { connect, type Era } from "../../../../mcp/check/probe.ts";
import { serve } from "../../../../mcp/servers/kit/serve.ts";
import type { Tool } from "../../../../mcp/servers/kit/tool.ts";

export interface Said {
  isError: boolean;
  text: string;
}

/** Tools behind a real server, called by a real client. */
export async function calling(tools: Tool[], era: Era = "2026-07-28") {
  const log: string[] = [];
  const server = await serve({
    name: "toy",
    version: "0",
    tools,
    port: 0,
    host: "127.0.0.1",
    maxBody: 1_000_000,
    log: (_level, message, fields) => log.push(`${message} ${JSON.stringify(fields ?? {})}`),
  });
  const { client, close } = await connect({ url: `http://127.0.0.1:${server.port}/mcp`, era });
  onTestFinished(async () => {
    await close();
    await server.close(1);
  });
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<Said> => {
    const result = await client.callTool({ name, arguments: args });
    return {
      isError: result.isError === true,
      text: (result.content as { text: string }[])[0]?.text ?? "",
    };
  };
  /** The answer of a call that must succeed. */
  const ask = async (name: string, args?: Record<string, unknown>) => {
    const { isError, text } = await call(name, args);
    if (isError) throw new Error(text);
    return JSON.parse(text);
  };
  return { client, call, ask, log };
}
