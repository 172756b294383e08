import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { MachineDriver } from "../machines/driver.ts";
import { Backend } from "./backend/backend.ts";
import { ControlClient } from "./control/client.ts";
import { controlPath, serveControl } from "./control/serve.ts";
import { Faults } from "./wire/faults.ts";
import { Journal } from "./wire/journal.ts";
import { Api, basePath, type Delay, type Observer } from "./wire/server.ts";

export interface CloudOptions {
  driver: MachineDriver;
  /** Address to listen on. Default loopback. */
  host?: string | undefined;
  /** Default 0: any free one. */
  port?: number | undefined;
  /** Name of the lab, for its machines. Default `test`. */
  lab?: string | undefined;
  /** First three parts of the instances' public addresses. Default `127.20.0`. */
  addressPrefix?: string | undefined;
  /** Accepted API keys, all of one account. */
  apiKeys: readonly string[];
  /** Where the account is kept. Default: in memory. */
  stateFile?: string | undefined;
  /** Folder in which the driver keeps one folder for each file system; deleted with it. Default: none are kept. */
  fileSystems?: string | undefined;
  /** Machines of the driver do not outlive the process, so those of a state that was read are made again. */
  machinesDieWithProcess?: boolean | undefined;
  /** For repeatable ids. Default: random, and kept in the state. */
  seed?: string | undefined;
  /** Emulated seconds per real second; 0 stands still until `control.advance`. Default 30. */
  speed?: number | undefined;
  /** Called, and awaited, at each phase of each API request: the place to kill a client, or to make it wait. */
  onRequest?: Observer | undefined;
  /** How a fault of kind `delay` waits. Default: in real time. */
  delay?: Delay | undefined;
  /** Gets one line for each request and for each thing that happens by itself. */
  log?: ((line: string) => void) | undefined;
}

export interface Cloud {
  /** Base of the API, with `/api/v1`. */
  url: string;
  control: ControlClient;
  /** Ends the emulator; machines go on running, and the state file brings it back. */
  close(): Promise<void>;
}

/** Starts an emulated Lambda Cloud. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { host = "127.0.0.1", lab = "test", addressPrefix = "127.20.0", speed = 30 } = options;
  const log = options.log ?? (() => undefined);
  const journal = new Journal();
  const faults = new Faults();
  const backend = new Backend({
    driver: options.driver,
    lab,
    addressPrefix,
    fileSystems: options.fileSystems,
    machinesDieWithProcess: options.machinesDieWithProcess,
    stateFile: options.stateFile,
    seed: options.seed,
    speed,
    report: (incident) => {
      journal.incident(backend.clock.now(), incident);
      log(`${incident.kind} ${incident.instance} ${incident.what}`);
    },
  });
  const { apiKeys, onRequest, delay } = options;
  const api = new Api({ backend, faults, journal, apiKeys, onRequest, delay });

  // The port is taken before any machine is touched: a second emulator of the same lab must fail without harm.
  const opened = Promise.withResolvers<void>();
  opened.promise.catch(() => undefined);
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    await opened.promise;
    const url = new URL(request.url ?? "/", "http://lab.invalid");
    if (url.pathname.startsWith(`${controlPath}/`))
      await serveControl(request, response, url, { backend, faults, journal }, options.apiKeys);
    else if (url.pathname.startsWith(`${basePath}/`)) await api.serve(request, response, url);
    else response.writeHead(404).end();
    if (response.headersSent) log(`${request.method} ${url.pathname} ${response.statusCode}`);
    else log(`${request.method} ${url.pathname} connection cut by a fault`);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // A client that was killed during its request is expected; everything else is a fault of the emulator.
      if (request.destroyed && !request.complete) return log(`${request.method} ${request.url} broken off`);
      log(`${request.method} ${request.url} failed: ${error instanceof Error ? error.stack : error}`);
      if (response.headersSent) return response.destroy();
      response.writeHead(500, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          error: {
            code: "global/internal-error",
            message: String(error),
            suggestion: "Read the emulator's log.",
          },
        }),
      );
    });
  });
  await listen(server, host, options.port ?? 0);
  try {
    await backend.start();
    opened.resolve();
  } catch (error) {
    opened.reject(error);
    await stop(server);
    throw error;
  }
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    url: origin + basePath,
    control: new ControlClient(origin),
    close: async () => {
      await stop(server);
      await backend.close();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why =
        error.code === "EADDRINUSE"
          ? "another program listens there; is this lab's emulator already running?"
          : error.message;
      reject(new Error(`the Lambda emulator cannot listen on ${host}:${port}: ${why}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    // Requests under way get a moment; a client that never ends must not keep the emulator running.
    setTimeout(() => server.closeAllConnections(), 2000).unref();
  });
}
