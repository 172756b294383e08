import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** Passes a request on to the server behind, and its answer back. @param body where it was read already */
type PassOn = (body?: string) => void;

/**
 * A server on loopback before the one at `to`.
 *
 * @param handle answers a request, passes it on, or does neither
 * @param tls its key and certificate; default: it speaks HTTP
 */
export async function startFront(
  to: { port: number },
  handle: (asked: IncomingMessage, answer: ServerResponse, passOn: PassOn) => unknown,
  tls?: { key: Buffer; cert: Buffer },
): Promise<{ port: number; close(): Promise<void> }> {
  const listener = (asked: IncomingMessage, answer: ServerResponse) => {
    const passOn = (body?: string) => {
      const { url: path, method, headers } = asked;
      const passed = request({ port: to.port, host: "127.0.0.1", path, method, headers }, (said) => {
        answer.writeHead(said.statusCode ?? 0, said.headers);
        said.pipe(answer);
      });
      passed.on("error", () => answer.destroy());
      if (body === undefined) asked.pipe(passed);
      else passed.end(body);
    };
    handle(asked, answer, passOn);
  };
  const server = (tls ? createTlsServer(tls, listener) : createServer(listener)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
