/** Emulated HubSpot, Slack and Gong in a process of their own, without limits: what is measured is the way. Prints their URL. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openGong } from "../../../lab/saas/gong/handler.ts";
import { hubspotHandler } from "../../../lab/saas/hubspot/handler.ts";
import { slackHandler } from "../../../lab/saas/slack/handler.ts";

const secret = process.env.BENCH_SECRET ?? "";
const credentials = { clientId: secret, clientSecret: secret, refreshToken: secret };
const hubspot = hubspotHandler({
  credentials,
  rate: null,
  seed: { size: Number(process.env.BENCH_HUBSPOT) },
});
const slack = slackHandler({
  token: secret,
  speed: null,
  seed: { size: Number(process.env.BENCH_SLACK), channels: 20 },
});
const gong = openGong({
  limits: false,
  size: 0,
  credentials: () => ({ accessKey: secret, accessKeySecret: secret }),
});
const server = createServer((request, response) => {
  const name = request.url?.replace("/_lab", "").split("/")[1];
  const handler = name === "hubspot" ? hubspot : name === "slack" ? slack : gong.handler;
  Promise.resolve(handler(request, response)).catch((error: unknown) => response.destroy(error as Error));
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
