import { onTestFinished } from "vitest";
import { connect } from "../../../../../mcp/check/probe.ts";
import { serve } from "../../../../../mcp/servers/kit/serve.ts";
import { infrastructureTools, type Sources } from "../../../../../mcp/servers/sophia_infrastructure/tools.ts";

interface Answer {
  isError: boolean;
  text: string;
}

/** The server's tools, called by a real client. */
export async function serving(sources: Partial<Sources>) {
  const log: string[] = [];
  const none = async () => [];
  const server = await serve({
    name: "sophia_infrastructure",
    version: "0",
    tools: infrastructureTools({ hosts: none, kubernetes: { nodes: none, pods: none }, ...sources }),
    port: 0,
    host: "127.0.0.1",
    maxBody: 100_000,
    log: (_level, message, fields) => log.push(`${message} ${JSON.stringify(fields ?? {})}`),
  });
  const { client, close } = await connect({ url: `http://127.0.0.1:${server.port}/mcp`, era: "2026-07-28" });
  onTestFinished(async () => {
    await close();
    await server.close(1);
  });
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<Answer> => {
    const result = await client.callTool({ name, arguments: args });
    return {
      isError: result.isError === true,
      text: (result.content as { text: string }[])[0]?.text ?? "",
    };
  };
  const items = async (name: string, args?: Record<string, unknown>): Promise<Record<string, unknown>[]> => {
    const { isError, text } = await call(name, args);
    if (isError) throw new Error(text);
    return JSON.parse(text).items;
  };
  return { client, call, items, log };
}
