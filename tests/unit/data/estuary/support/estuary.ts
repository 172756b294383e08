import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Clock } from "../../../../../components/core/wait.ts";
import { type ClientOptions, createClient } from "../../../../../data/estuary/client/client.ts";
import type { Context, Timing } from "../../../../../data/estuary/reconcile/context.ts";
import {
  type Estuary,
  type EstuaryOptions,
  openEstuary,
} from "../../../../../lab/saas/estuary/control/handler.ts";
import type { LiveSpecs, Plane, TaskStatus } from "../../../../../lab/saas/estuary/plane/types.ts";

/** A data plane that runs nothing and remembers what it was told. */
class MemoryPlane implements Plane {
  specs: LiveSpecs = { captures: {}, collections: {}, materializations: {} };
  /** Names in the order in which they were deleted. */
  deleted: string[] = [];
  /** How often each task was given with another publication: at Estuary each of these restarts it. */
  restarts = new Map<string, number>();
  statuses = new Map<string, Partial<TaskStatus>>();
  validate?: NonNullable<Plane["validate"]>;

  apply(specs: LiveSpecs): void {
    for (const kind of ["captures", "materializations"] as const)
      for (const [name, { publicationId }] of Object.entries(specs[kind]))
        if (this.specs[kind][name]?.publicationId !== publicationId)
          this.restarts.set(name, (this.restarts.get(name) ?? 0) + 1);
    this.specs = specs;
  }
  status(name: string): TaskStatus {
    const given = this.statuses.get(name);
    return { state: "running", since: 0, collections: {}, errors: 0, failures: 0, ...given };
  }
  async delete(name: string): Promise<void> {
    this.deleted.push(name);
  }
}

/** Time that passes only when somebody sleeps. */
class Time implements Clock {
  #now = Date.parse("2026-11-21T00:00:00Z");
  now = (): number => this.#now;
  async sleep(ms: number): Promise<void> {
    this.#now += ms;
  }
}

export interface TestEstuary extends Estuary {
  url: string;
  plane: MemoryPlane;
  key: string;
  time: Time;
  /** A command of the lab's control. */
  command(name: string, body?: object): Promise<unknown>;
}

/** An emulated Estuary on a port of its own, ended with the test. */
export async function testEstuary(options: Partial<EstuaryOptions> = {}): Promise<TestEstuary> {
  const plane = new MemoryPlane();
  const time = new Time();
  const key = `flow_sa_${randomBytes(24).toString("base64url")}`;
  const estuary = openEstuary({
    plane,
    prefixes: ["sophia/"],
    apiKeys: () => [key],
    now: time.now,
    ...options,
  });
  const server = createServer((request, response) => void estuary.handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    estuary.close();
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...estuary,
    url: `${base}/estuary`,
    plane,
    key,
    time,
    async command(name, body = {}) {
      const response = await fetch(`${base}/_lab/estuary/${name}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(await response.text());
      return await response.json();
    },
  };
}

export const timing: Timing = {
  publishDeadline: 600,
  readyDeadline: 300,
  settleDeadline: 30,
  retryDeadline: 60,
  pollInterval: 1,
};

export const clientOf = (estuary: TestEstuary, more: Partial<ClientOptions> = {}) =>
  createClient({
    agentUrl: estuary.url,
    restUrl: `${estuary.url}/rest/v1`,
    encryptionUrl: `${estuary.url}/encryption`,
    apiKey: estuary.key,
    retryDeadline: timing.retryDeadline,
    clock: estuary.time,
    ...more,
  });

export const contextOf = (
  estuary: TestEstuary,
  more: Partial<Context> = {},
): Context & { lines: string[] } => {
  const lines: string[] = [];
  return {
    api: clientOf(estuary),
    clock: estuary.time,
    timing,
    dataPlane: "ops/dp/public/test",
    log: (line) => lines.push(line),
    lines,
    ...more,
  };
};

/** A secret as vendors make them. */
export const someSecret = (): string => randomBytes(18).toString("base64url");

export const somePrivateKey = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** The warehouse that a materialization loads. @param syncFrequency how often, e.g. `5m` */
export const someWarehouse = (syncFrequency: string) => ({
  account: "znb04675",
  database: "SOPHIA_AI",
  schema: "STAGING",
  warehouse: "SOPHIA_AI_WH",
  role: "LOADER",
  user: "ESTUARY",
  privateKey: somePrivateKey(),
  syncFrequency,
});
