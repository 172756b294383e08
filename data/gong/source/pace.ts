import type { ClientBase } from "pg";
import { type Clock, systemClock } from "./clock.ts";
import { GongError } from "./errors.ts";

export interface PaceOptions {
  /** A connection for nothing else: a turn must not wait for a batch that is being loaded. */
  client: Pick<ClientBase, "query">;
  perSecond: number;
  /** Requests of one day (UTC). */
  perDay: number;
  /** Seconds that a request may wait for its turn before the run ends. */
  patience: number;
  clock?: Clock;
}

/**
 * Reserves the next free moment, by the database's clock. One statement: its row lock is what makes extractors take
 * turns, in whatever pod they are.
 */
const reserve = `
  INSERT INTO pipeline_state AS s (source, stream, cursor, updated_at)
  SELECT 'gong', 'requests',
    jsonb_build_object('at', now.at, 'next', now.at + $1::float8, 'day', floor(now.at / 86400), 'used', $3::int), now()
  FROM (SELECT extract(epoch FROM clock_timestamp())::float8 AS at) AS now
  ON CONFLICT (source, stream) DO UPDATE SET
    cursor = jsonb_build_object(
      'at', greatest((excluded.cursor->>'at')::float8, (s.cursor->>'next')::float8),
      'next', greatest((excluded.cursor->>'at')::float8, (s.cursor->>'next')::float8) + $1::float8,
      'day', excluded.cursor->'day',
      'used', CASE WHEN s.cursor->'day' = excluded.cursor->'day' THEN (s.cursor->>'used')::int + $3::int ELSE $3::int END),
    updated_at = now()
  WHERE s.cursor->'day' <> excluded.cursor->'day' OR (s.cursor->>'used')::int < $2::int
  RETURNING greatest(0, (cursor->>'at')::float8 - extract(epoch FROM clock_timestamp())::float8) AS wait`;

const pause = `
  UPDATE pipeline_state SET
    cursor = cursor || jsonb_build_object('next',
      greatest((cursor->>'next')::float8, extract(epoch FROM clock_timestamp())::float8 + $1::float8))
  WHERE source = 'gong' AND stream = 'requests'`;

/**
 * Spaces out the requests of all extractors together: Gong counts those of the whole company. What others send, such
 * as the MCP server, must fit into the rest of Gong's limits.
 */
export class Pace {
  readonly #options: PaceOptions;
  readonly #clock: Clock;
  #reserved = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Resolves when the caller may send. @throws GongError when the day's share is used up, or the turn is too far off */
  async turn(signal?: AbortSignal): Promise<void> {
    // One after another: a connection does one thing at a time.
    const before = this.#last;
    const turn = before.then(() => this.#take(signal));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #take(signal?: AbortSignal): Promise<void> {
    if (this.#reserved > 0) {
      this.#reserved -= 1;
      return;
    }
    const { client, perSecond, perDay, patience } = this.#options;
    // At most a tenth of a second's turns at once: one, unless the limits are far above Gong's.
    const turns = Math.min(100, Math.max(1, Math.floor(perSecond / 10)));
    const { rows } = await client.query<{ wait: number }>(reserve, [turns / perSecond, perDay, turns]);
    const [turn] = rows;
    if (!turn) {
      throw new GongError(
        `the daily limit of ${perDay} requests to Gong is used up; the first run after midnight UTC continues`,
        "later",
      );
    }
    if (turn.wait > patience) {
      throw new GongError(
        `Gong asked all clients to wait another ${Math.ceil(turn.wait)} s; a later run continues`,
        "later",
      );
    }
    if (turn.wait > 0) await this.#clock.sleep(turn.wait * 1000, signal);
    this.#reserved = turns - 1;
  }

  /** Nobody sends anything for so many seconds. */
  async pause(seconds: number): Promise<void> {
    const paused = this.#last.then(() => {
      this.#reserved = 0;
      return this.#options.client.query(pause, [seconds]);
    });
    this.#last = paused.catch(() => undefined);
    await paused;
  }
}
