import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { PostgresEndpoint, quoted } from "../../net/postgres.ts";
import {
  type Binding,
  type Checkpoint,
  emptyCheckpoint,
  FencedOff,
  type Sink,
  type TableName,
  type TablePlan,
  type Work,
} from "../../task/sink.ts";
import { afterPlans } from "../../task/tables.ts";
import type { PostgresMaterializationConfig } from "../../types.ts";
import { cellOf, type Group, groupsOf } from "../cells.ts";
import {
  addColumns,
  copyCell,
  copyInto,
  createTable,
  createTemporary,
  deleteRows,
  mergeRows,
  nameOf,
} from "./sql.ts";

/** Rows go over the wire in pieces of about this many characters. */
const piece = 64 * 1024;

/** materialize-postgres. One connection; rows and checkpoint are written in one transaction. */
export class PostgresSink implements Sink {
  readonly #task: string;
  readonly #config: PostgresMaterializationConfig;
  readonly #checkpoints: string;
  readonly #temporary = new Map<string, string>();
  #endpoint: PostgresEndpoint | undefined;
  #client: pg.Client | undefined;
  #fence = 0;

  constructor(task: string, config: PostgresMaterializationConfig) {
    this.#task = task;
    this.#config = config;
    this.#checkpoints = `${quoted(config.schema ?? "public")}.flow_checkpoints_v1`;
  }

  async open(): Promise<Checkpoint> {
    this.#endpoint = await PostgresEndpoint.open(this.#config, this.#task);
    this.#client = await this.#endpoint.connect();
    await this.#run(
      `CREATE TABLE IF NOT EXISTS ${this.#checkpoints} (materialization TEXT NOT NULL, key_begin BIGINT NOT NULL,
       key_end BIGINT NOT NULL, fence BIGINT NOT NULL, checkpoint TEXT NOT NULL,
       PRIMARY KEY (materialization, key_begin, key_end))`,
    );
    const { rows } = await this.#run(
      `INSERT INTO ${this.#checkpoints} AS c VALUES ($1, 0, 4294967295, 1, $2)
       ON CONFLICT (materialization, key_begin, key_end) DO UPDATE SET fence = c.fence + 1 RETURNING fence, checkpoint`,
      [this.#task, encoded(emptyCheckpoint())],
    );
    const [row] = rows as { fence: string; checkpoint: string }[];
    if (!row) throw new Error(`${this.#checkpoints} gave no checkpoint`);
    this.#fence = Number(row.fence);
    return JSON.parse(Buffer.from(row.checkpoint, "base64").toString("utf8")) as Checkpoint;
  }

  async existing(tables: readonly TableName[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (const each of tables) {
      const { rows } = await this.#run("SELECT to_regclass($1) AS found", [nameOf(each)]);
      if (rows[0]?.found) found.add(`${each.schema}.${each.table}`);
    }
    return found;
  }

  async apply(
    plans: readonly { binding: Binding; plan: TablePlan }[],
    checkpoint: Checkpoint,
  ): Promise<void> {
    await this.#transaction(async () => {
      for (const { binding, plan } of plans) {
        if (plan.do === "replace") await this.#run(`DROP TABLE ${nameOf(binding)}`);
        if (plan.do === "create" || plan.do === "replace") {
          for (const statement of createTable(this.#task, binding)) await this.#run(statement);
        }
        if ((plan.do === "add" || plan.do === "empty") && plan.columns.length > 0) {
          await this.#run(addColumns(binding, plan.columns));
        }
        // Not TRUNCATE: what captures this table again has to see each row go.
        if (plan.do === "empty") await this.#run(`DELETE FROM ${nameOf(binding)}`);
      }
      await this.#remember(afterPlans(checkpoint, plans));
    });
  }

  async commit(work: readonly Work[], checkpoint: Checkpoint, publishedAt: string): Promise<void> {
    const names = new Map<Work, string>();
    for (const one of work) names.set(one, await this.#temporaryFor(one.binding));
    await this.#transaction(async () => {
      for (const [{ binding, rows }, name] of names) {
        const { deleted, groups } = groupsOf(
          binding.columns,
          rows.values(),
          this.#config.hardDelete ?? false,
        );
        const all: Group[] = [{ partial: false, kept: new Set(), rows: deleted }, ...groups];
        await this.#copy(name, binding, all, publishedAt);
        if (deleted.length > 0) await this.#run(deleteRows(name, binding, 0));
        for (const [at, group] of groups.entries()) await this.#run(mergeRows(name, binding, at + 1, group));
      }
      await this.#remember(checkpoint);
    });
  }

  async forget(): Promise<void> {
    await this.#run(`DELETE FROM ${this.#checkpoints} WHERE materialization = $1`, [this.#task]);
  }

  async close(): Promise<void> {
    this.#client?.end().catch(() => {
      // It is broken already, and whatever was under way in it is rolled back by the server.
    });
    await this.#endpoint?.close();
  }

  async #temporaryFor(binding: Binding): Promise<string> {
    const known = this.#temporary.get(binding.collection);
    if (known) return known;
    const name = `flow_temp_table_${this.#temporary.size}`;
    await this.#run(createTemporary(name, binding));
    this.#temporary.set(binding.collection, name);
    return name;
  }

  async #copy(name: string, binding: Binding, groups: readonly Group[], now: string): Promise<void> {
    function* text(): Generator<string> {
      let part = "";
      for (const [group, { rows }] of groups.entries()) {
        for (const row of rows) {
          for (const column of binding.columns) part += `${copyCell(cellOf(column, row, now))}\t`;
          part += `${group}\n`;
          if (part.length < piece) continue;
          yield part;
          part = "";
        }
      }
      if (part !== "") yield part;
    }
    await pipeline(Readable.from(text()), this.#connection.query(copyFrom(copyInto(name, binding))));
  }

  /** Fails where another session has opened since: nothing of this one may count any more. */
  async #remember(checkpoint: Checkpoint): Promise<void> {
    const { rowCount } = await this.#run(
      `UPDATE ${this.#checkpoints} SET checkpoint = $2 WHERE materialization = $1 AND key_begin = 0
       AND key_end = 4294967295 AND fence = $3`,
      [this.#task, encoded(checkpoint), this.#fence],
    );
    if (rowCount !== 1) throw new FencedOff(this.#task);
  }

  async #transaction(run: () => Promise<void>): Promise<void> {
    await this.#run("BEGIN");
    try {
      await run();
      await this.#run("COMMIT");
    } catch (error) {
      await this.#run("ROLLBACK").catch(() => {
        // The connection is gone, and the transaction with it; the first error says why.
      });
      throw error;
    }
  }

  get #connection(): pg.Client {
    if (!this.#client) throw new Error(`${this.#task} is not connected`);
    return this.#client;
  }

  #run(sql: string, values: unknown[] = []): Promise<pg.QueryResult<Record<string, unknown>>> {
    return this.#connection.query(sql, values);
  }
}

const encoded = (checkpoint: Checkpoint): string =>
  Buffer.from(JSON.stringify(checkpoint)).toString("base64");
