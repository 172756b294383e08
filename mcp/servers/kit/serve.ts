import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { messageOf } from "../../../components/core/errors.ts";
import { jsonLog, type Log } from "./log.ts";
import { bearerCheck } from "./serving/auth.ts";
import { Metrics } from "./serving/metrics.ts";
import { nodeHandler } from "./serving/node.ts";
import { registrar, type Tool } from "./tool.ts";

export interface ServeOptions {
  name: string;
  version: string;
  /** What the server is for, told to the model. */
  instructions?: string;
  tools: Tool[];
  /** 0 picks a free one. */
  port: number;
  host?: string;
  tokensFile?: string | undefined;
  /** Bytes. */
  maxBody: number;
  /** Whether calls would work now; false turns the pod unready. Default: always. */
  ready?: () => Promise<boolean>;
  log?: Log;
}

export interface Serving {
  port: number;
  /** Stops accepting, ends subscriptions, lets running calls finish for at most `graceSeconds`, then closes. */
  close(graceSeconds: number): Promise<void>;
}

/**
 * Serves tools over streamable HTTP at `/mcp`, stateless, to clients of the 2025-11-25 and the 2026-07-28 revision,
 * with `/healthz`, `/readyz` and `/metrics` beside it.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const log = options.log ?? jsonLog(options.name);
  const metrics = new Metrics(options.name);
  const allowed = bearerCheck(options.tokensFile);
  let closing = false;
  /** Subscriptions, which do not end by themselves. */
  const subscriptions = new Set<ServerResponse>();

  const bounds = {
    maxRequestBodySize: options.maxBody,
    onerror: (error: Error) => log("warn", "request refused", { reason: error.message }),
  };
  const register = registrar(options.tools, metrics, log);
  const handler = createMcpHandler(({ era, requestInfo }) => {
    const server = new McpServer(
      { name: options.name, version: options.version },
      options.instructions ? { instructions: options.instructions } : {},
    );
    // Of the revision whose requests say in their headers what they want, which the SDK has compared with the body.
    register(server, era === "modern" ? requestInfo?.headers.get("mcp-name") : undefined);
    return server;
  }, bounds);
  const mcp = nodeHandler(handler, options.maxBody);

  const isReady = async () => {
    try {
      return options.ready ? await options.ready() : true;
    } catch (error) {
      log("warn", "not ready", { reason: messageOf(error) });
      return false;
    }
  };

  const route = async (request: IncomingMessage, response: ServerResponse) => {
    switch (pathOf(request.url)) {
      case "/healthz":
        return reply(response, 200, { status: "ok" });
      case "/readyz": {
        const ready = !closing && (await isReady());
        return reply(response, ready ? 200 : 503, { status: ready ? "ready" : "not ready" });
      }
      case "/metrics":
        response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(metrics.text());
        return;
      case "/mcp":
        if (!allowed(request.headers.authorization)) {
          response.setHeader("www-authenticate", 'Bearer realm="mcp"');
          return reply(response, 401, { error: "missing or unknown bearer token" });
        }
        if (request.headers["mcp-method"] === "subscriptions/listen") {
          subscriptions.add(response);
          response.once("close", () => subscriptions.delete(response));
        }
        return mcp(request, response);
      default:
        return reply(response, 404, { error: "not found; the MCP endpoint is /mcp" });
    }
  };

  let running = 0;
  /** A kept connection would hold the server open until its client goes; so would one that never sent a request. */
  const closeUnused = () => {
    if (running === 0) server.closeAllConnections();
    else server.closeIdleConnections();
  };
  const server = createServer((request, response) => {
    if (closing) response.setHeader("connection", "close");
    running += 1;
    response.once("close", () => {
      running -= 1;
      if (closing) setImmediate(closeUnused);
    });
    route(request, response).catch((error: unknown) => {
      log("error", "request failed", { reason: messageOf(error) });
      if (response.headersSent) response.destroy();
      else reply(response, 500, { error: "internal error; see the server's log" });
    });
  });
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host ?? "0.0.0.0", resolve);
  });
  const { port } = server.address() as AddressInfo;
  log("info", "listening", { port, tools: options.tools.length });
  return {
    port,
    close: async (graceSeconds) => {
      closing = true;
      log("info", "closing", { graceSeconds });
      for (const subscription of subscriptions) subscription.destroy();
      const ended = closed(server, graceSeconds);
      closeUnused();
      await ended;
      await handler.close();
    },
  };
}

/** Empty where a client's text is no URL. */
const pathOf = (url = "/"): string =>
  url === "/mcp" ? url : (URL.parse(url, "http://server")?.pathname ?? "");

function closed(server: Server, graceSeconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceSeconds * 1000);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
