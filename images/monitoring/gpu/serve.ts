import { createServer, type Server } from "node:https";
import { TLSSocket } from "node:tls";
import { type Answer, answer, failure, type Source } from "./api.ts";
import { type FrontProxy, refusal } from "./frontProxy.ts";

export interface ApiOptions {
  /** PEM. */
  certificate: string;
  key: string;
  frontProxy: FrontProxy;
  source: Source;
  tell: (line: string) => void;
}

/** The aggregated API, not listening yet. */
export interface Api {
  server: Server;
  /** Kubernetes has another front proxy now. Holds for connections that come after. */
  trust(frontProxy: FrontProxy): void;
}

/** Serves Kubernetes's API server over TLS in both directions, and nobody else. */
export function makeApi({ certificate, key, frontProxy, source, tell }: ApiOptions): Api {
  let trusted = frontProxy;
  const context = () => ({ cert: certificate, key, ca: trusted.ca });
  // Strangers get as far as a refusal that says why, instead of a broken handshake.
  const server = createServer(
    { ...context(), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const reply = ({ status, body }: Answer) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      const { socket } = request;
      const peer = {
        authorized: socket instanceof TLSSocket && socket.authorized,
        commonName: socket instanceof TLSSocket ? commonNameOf(socket) : undefined,
      };
      const refused = refusal(peer, trusted);
      if (refused !== undefined) return reply(failure(401, "Unauthorized", refused));
      return answer(request.method ?? "GET", request.url ?? "/", source).then(reply, (error: Error) => {
        tell(error.message);
        reply(failure(503, "ServiceUnavailable", error.message));
      });
    },
  );
  return {
    server,
    trust(next) {
      trusted = next;
      server.setSecureContext(context());
    },
  };
}

function commonNameOf(socket: TLSSocket): string | undefined {
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === "string" ? name : undefined;
}
