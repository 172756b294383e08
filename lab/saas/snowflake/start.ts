import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { snowflakeAccount } from "../../../components/settings/sections/snowflake.ts";
import { Engine } from "./engine.ts";
import { Service } from "./service.ts";
import { type Handler, Wire } from "./wire/handler.ts";

export interface SnowflakeOptions {
  /** Folder of the artefact `fakesnow`. */
  venv: string;
  /** Where databases and account are kept; the next start finds them again. */
  folder: string;
  /** Names that the account goes by. Default: P2's. */
  accounts?: readonly string[];
  /** First user, who has every role: name and public key (base64 of its DER form). Kept from the first start on. */
  administrator: { user: string; publicKey: string };
  /** Path before all others, where it is served beside other things. Default: none. */
  prefix?: string;
}

/** The lab's Snowflake, served by another process. */
interface MountedSnowflake {
  /** Serves `/api/v2/…`, the drivers' paths and the control under `/_lab/snowflake/`. */
  handle: Handler;
  service: Service;
  engine: Engine;
  /** Ends the engine once it has answered. */
  close(): Promise<void>;
}

/** Path of the control: `faults`, `journal`, `account`, `reset`, `crash`. */
const snowflakeControl = "/_lab/snowflake";

/** Makes the lab's Snowflake, to be mounted in a server. Its engine is started by the first statement. */
function mountSnowflake(options: SnowflakeOptions): MountedSnowflake {
  const engine = new Engine(options.venv, join(options.folder, "databases"));
  const service = new Service({
    engine,
    accountFile: join(options.folder, "account.json"),
    accounts: options.accounts ?? [snowflakeAccount],
    administrator: options.administrator,
  });
  const wire = new Wire({
    service,
    incoming: join(options.folder, "incoming"),
    control: snowflakeControl,
    crash: () => engine.kill(),
    ...(options.prefix !== undefined && { prefix: options.prefix }),
  });
  return { handle: wire.handle, service, engine, close: () => engine.close() };
}

export interface RunningSnowflake extends MountedSnowflake {
  /** Base URL. */
  url: string;
}

/**
 * Starts the lab's Snowflake on a separate address.
 *
 * @param options.host default loopback
 * @param options.port default any free one
 */
export async function startSnowflake(
  options: SnowflakeOptions & { host?: string; port?: number },
): Promise<RunningSnowflake> {
  const { host = "127.0.0.1", port = 0 } = options;
  const mounted = mountSnowflake(options);
  const server = createServer((request, response) => {
    mounted.handle(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(JSON.stringify({ code: "000603", message: String(error) }));
    });
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    ...mounted,
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await mounted.close();
    },
  };
}
