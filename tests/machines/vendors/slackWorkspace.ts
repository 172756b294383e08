import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createProxy } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { slackHandler } from "../../../lab/saas/slack/handler.ts";
import { Slack } from "../../../lab/saas/slack/workspace.ts";
import { certificateIn } from "../../support/servers/certificate.ts";

export interface Workspace {
  slack: Slack;
  /** PEM file of the authority that vouches for it. */
  certificate: string;
  /** Of a proxy behind which every name is this workspace. */
  proxy: string;
  /** Hosts that were asked for, with their ports. */
  reached: Set<string>;
  close(): Promise<void>;
}

/** The lab's Slack under Slack's own names: on TLS, behind a proxy at `address`. */
export async function startWorkspace(folder: string, address: string, token: string): Promise<Workspace> {
  const { key, certificate } = certificateIn(folder, address, ["DNS:slack.com", "DNS:*.slack.com"]);
  const slack = new Slack({ token, speed: null });
  const handler = slackHandler(slack);
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (request, response) => void handler(request, response),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const reached = new Set<string>();
  const proxy = createProxy()
    .on("connect", ({ url = "" }, client) => {
      reached.add(url);
      const upstream = connect(port, "127.0.0.1", () => client.write("HTTP/1.1 200 OK\r\n\r\n"));
      client.on("error", () => upstream.destroy());
      upstream.on("error", () => client.destroy());
      upstream.pipe(client).pipe(upstream);
    })
    .listen(0, address);
  await once(proxy, "listening");
  return {
    slack,
    certificate,
    proxy: `http://${address}:${(proxy.address() as AddressInfo).port}`,
    reached,
    close: async () => {
      for (const each of [proxy, server]) {
        each.closeAllConnections();
        each.close();
      }
    },
  };
}
