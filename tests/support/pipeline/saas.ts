import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HubSpot } from "../../../lab/saas/hubspot/account.ts";
import { hubspotHandler } from "../../../lab/saas/hubspot/handler.ts";
import type { Handler } from "../../../lab/saas/kit/http.ts";
import { slackHandler } from "../../../lab/saas/slack/handler.ts";
import { Slack } from "../../../lab/saas/slack/workspace.ts";

const secret = () => Math.random().toString(36).slice(2);

/** HubSpot and Slack as the lab emulates them, on loopback, without limits unless a test sets some. */
export async function startSaas(size: { hubspot?: number; slack?: number; channels?: number } = {}) {
  const credentials = { clientId: secret(), clientSecret: secret(), refreshToken: secret() };
  const token = `xoxb-${secret()}`;
  const hubspot = new HubSpot({ credentials, rate: null, seed: { size: size.hubspot ?? 500 } });
  const slack = new Slack({
    token,
    speed: null,
    seed: { size: size.slack ?? 400, channels: size.channels ?? 3 },
  });
  const handlers: Record<string, Handler> = { hubspot: hubspotHandler(hubspot), slack: slackHandler(slack) };
  const server = createServer((request, response) => {
    const name = request.url?.replace("/_lab", "").split("/")[1] ?? "";
    void handlers[name]?.(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const order = async (name: "hubspot" | "slack", command: string, body: object = {}) => {
    const response = await fetch(`${url}/_lab/${name}/${command}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as Record<string, unknown>;
  };
  return {
    hubspot,
    slack,
    order,
    hubspotUrl: `${url}/hubspot`,
    slackUrl: `${url}/slack`,
    hubspotConfig: {
      credentials: {
        credentials_title: "OAuth Credentials" as const,
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
        refresh_token: credentials.refreshToken,
      },
    },
    slackConfig: {
      start_date: new Date(Date.now() - 91 * 86_400_000).toISOString(),
      lookback_window: 1,
      credentials: { option_title: "API Token Credentials" as const, api_token: token },
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
export type Saas = Awaited<ReturnType<typeof startSaas>>;
