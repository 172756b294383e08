import { setTimeout as pause } from "node:timers/promises";
import { Client, type Door, faultOf } from "./client.ts";
import { type Platform, sessionOf } from "./platform.ts";
import { callOf, listOf } from "./requests.ts";

/** Tools whose answer comes from the platform itself, by server. */
const harmless: Record<string, [tool: string, input?: object]> = {
  sophia_infrastructure: ["list_hosts"],
  sophia_data_intelligence: ["get_pipeline_status"],
  sophia_business_intelligence: ["get_pipeline_by_stage"],
  lambda_labs_cli: ["list_instances"],
  gong: ["list_users"],
  postgres: ["execute_sql", { sql: "select 1" }],
  memory: ["read_graph"],
};

/**
 * Seconds within which a server that lives must answer, whatever happens to another. The gateway waits for one that is
 * gone or hangs at most once or twice, until it has marked it, on a machine that is busy.
 */
const latest = 25;

interface Way {
  server: string;
  name: string;
  request: string;
}

/**
 * Steady calls to every server at once: its tools at its own path, and a call through the gateway, by clients of both
 * revisions. Whoever kills a server says so first; then calls to that one may fail, and no other.
 */
export class Traffic {
  /** The server whose calls may fail. */
  dead: string | undefined;
  /** To servers that live. */
  calls = 0;
  /** Seconds of the slowest of them. */
  slowest = 0;
  readonly faults: string[] = [];
  /** When the last call that was served began. */
  readonly #served = new Map<Way, number>();
  readonly #ways: readonly Way[];
  readonly #door: Door;
  #running = true;
  #loops: Promise<unknown> = Promise.resolve();

  private constructor(door: Door, ways: readonly Way[]) {
    this.#door = door;
    this.#ways = ways;
  }

  static async start(platform: Platform): Promise<Traffic> {
    const { door, tokens, servers } = platform;
    const [token] = tokens;
    const modern = "2026-07-28";
    const session = await sessionOf(platform);
    const endpoint = (path: string) => ({ host: door.name, path, token });
    const ways = servers
      .filter(({ enabled, revisions }) => enabled && revisions.includes(modern))
      .flatMap(({ name: server, federated }, id): Way[] => {
        const [tool, input] = harmless[server] ?? [];
        const named = `${server}_${tool}`;
        return [
          { server, name: `/mcp/${server}`, request: listOf(endpoint(`/mcp/${server}`), modern) },
          ...(tool && federated
            ? [
                { server, name: `${named} at /mcp`, request: callOf(endpoint("/mcp"), modern, named, input) },
                {
                  server,
                  name: `${named} at /mcp, client of 2025-11-25`,
                  request: callOf({ ...endpoint("/mcp"), session, id }, "2025-11-25", named, input),
                },
              ]
            : []),
        ];
      });
    const traffic = new Traffic(
      { host: door.address, port: 443, tls: { name: door.name, ca: door.ca } },
      ways,
    );
    traffic.#loops = Promise.all(ways.map((way) => traffic.#loop(way)));
    await traffic.settle();
    return traffic;
  }

  async #loop(way: Way): Promise<void> {
    const { server, name, request } = way;
    const client = new Client(this.#door);
    while (this.#running) {
      const dying = this.dead === server;
      const start = performance.now();
      const fault = await client.call(request).then(faultOf, String);
      if (fault === undefined) this.#served.set(way, start);
      // It may have died, or come back, while the call was under way.
      if (!dying && this.dead !== server) {
        this.calls += 1;
        const took = (performance.now() - start) / 1000;
        this.slowest = Math.max(this.slowest, took);
        const late = took > latest ? `answered after ${took.toFixed(1)} s` : undefined;
        if ((fault ?? late) !== undefined)
          this.faults.push(
            `${new Date().toISOString()} ${name}, while ${this.dead} was dead: ${fault ?? late}`,
          );
      }
      await pause(250);
    }
    client.close();
  }

  /** Ways to a server on which no call has been served that began after a time of `performance.now()`. */
  unserved(server: string, since: number): string[] {
    const waiting = this.#ways.filter((way) => way.server === server && (this.#served.get(way) ?? 0) < since);
    return waiting.map(({ name }) => name);
  }

  /** Lets every way finish a call that it may have begun before. */
  settle(): Promise<unknown> {
    return pause(1000);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#loops;
  }
}
