import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { rsaPublicKeyOf } from "../../data/quality/warehouse/keyPair.ts";
import type { SaasCredentials } from "./credentials.ts";
import { openEstuary } from "./estuary/control/handler.ts";
import { createPlane } from "./estuary/plane/create.ts";
import { openGong } from "./gong/handler.ts";
import { labLimits } from "./gong/limits.ts";
import { hubspotHandler } from "./hubspot/handler.ts";
import { inferenceHandler } from "./inference/handler.ts";
import type { Handler } from "./kit/http.ts";
import { slackHandler } from "./slack/handler.ts";
import { startSnowflake } from "./snowflake/start.ts";
import { warehouseAt } from "./snowflake/warehouse.ts";

export interface SaasOptions {
  host: string;
  /** Of all vendors but Snowflake; 0 picks a free one. */
  port: number;
  /** Snowflake's own: its drivers know no path before theirs. */
  snowflakePort: number;
  /** Where is kept what a restart must not lose. */
  folder: string;
  /** Folder of the artefact `fakesnow`. */
  venv: string;
  credentials: SaasCredentials;
  /** When the vendors' records were made up, milliseconds since 1970: the same records at each start. */
  born: number;
  /** User who manages the warehouse. */
  administrator: string;
  log: (line: string) => void;
}

export interface RunningSaas {
  url: string;
  snowflakeUrl: string;
  close(): Promise<void>;
}

/** The vendors that the pipeline and the MCP servers call, and what runs at them, in one process. */
export async function serveSaas(options: SaasOptions): Promise<RunningSaas> {
  const { host, credentials, folder, born, log } = options;
  const snowflake = await startSnowflake({
    venv: options.venv,
    folder: join(folder, "snowflake"),
    administrator: {
      user: options.administrator,
      publicKey: rsaPublicKeyOf(credentials.snowflakePrivateKey),
    },
    host,
    port: options.snowflakePort,
  });

  const handlers: Record<string, Handler> = {
    gong: openGong({
      credentials: () => ({
        accessKey: credentials.gongAccessKey,
        accessKeySecret: credentials.gongAccessKeySecret,
      }),
      until: born - 3_600_000,
      limits: labLimits,
    }).handler,
    hubspot: hubspotHandler({
      credentials: {
        clientId: credentials.hubspotClientId,
        clientSecret: credentials.hubspotClientSecret,
        refreshToken: credentials.hubspotRefreshToken,
      },
      seed: { now: born },
    }),
    inference: inferenceHandler({ apiKey: () => credentials.lambdaInferenceApiKey }),
    slack: slackHandler({ token: credentials.slackCaptureToken, seed: { now: born } }),
  };
  const server = createServer((request, response) => {
    // A path like `//` is no URL.
    const [, first, second] = (URL.parse(request.url ?? "/", "http://lab")?.pathname ?? "/").split("/");
    const handler = handlers[(first === "_lab" ? second : first) ?? ""];
    if (!handler) {
      const known = Object.keys(handlers).map((name) => `/${name}`);
      response.writeHead(404).end(`there are ${known.join(", ")}, and their controls under /_lab\n`);
      return;
    }
    Promise.resolve()
      .then(() => handler(request, response))
      .catch((error: unknown) => {
        log(`${request.method} ${request.url}: ${error instanceof Error ? error.stack : error}`);
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end("the emulator failed; see its log\n");
      });
  });
  server.listen(options.port, host);
  await once(server, "listening");
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;

  const plane = createPlane({
    hubspotUrl: `${url}/hubspot`,
    slackUrl: `${url}/slack`,
    openWarehouse: warehouseAt(snowflake.url),
    backlogs: join(folder, "estuary-backlogs"),
    log,
  });
  // From its first moment on it runs what was live before.
  const estuary = openEstuary({
    plane,
    apiKeys: () => [credentials.estuaryApiKey],
    stateFile: join(folder, "estuary.json"),
  });
  handlers.estuary = estuary.handler;
  return {
    url,
    snowflakeUrl: snowflake.url,
    async close() {
      estuary.close();
      await plane.close();
      server.close();
      server.closeAllConnections();
      await snowflake.close();
    },
  };
}
