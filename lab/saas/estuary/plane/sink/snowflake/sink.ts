import { warehouseIdentifier, warehouseName } from "../../../../../../data/quality/warehouse/identifiers.ts";
import { quoted } from "../../net/postgres.ts";
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
import type { SnowflakeConfig } from "../../types.ts";
import type { Cell, OpenWarehouse, Warehouse } from "../../warehouse.ts";
import { cellOf, type Group, groupsOf } from "../cells.ts";
import { loadDocuments } from "./documents.ts";
import {
  addColumn,
  createTable,
  createTemporary,
  deleteRows,
  mergeRows,
  nameOf,
  timestampType,
} from "./sql.ts";

/** Characters that are loaded at once: the lab's Snowflake needs a multiple of it for each column. */
const piece = 1_000_000;

/**
 * materialize-snowflake. Each batch is loaded into a temporary table and merged by key, with the checkpoint in the same
 * transaction; the connector keeps its checkpoint with Estuary instead.
 */
export class SnowflakeSink implements Sink {
  readonly #task: string;
  readonly #config: SnowflakeConfig;
  readonly #connect: OpenWarehouse;
  readonly #checkpoints: string;
  readonly #timestamp: string;
  #warehouse: Warehouse | undefined;
  #fence = 0;

  constructor(task: string, config: SnowflakeConfig, connect: OpenWarehouse) {
    this.#task = task;
    this.#config = config;
    this.#connect = connect;
    const { database, schema } = config;
    this.#checkpoints = nameOf({ database, schema, table: "flow_checkpoints_v1" });
    this.#timestamp = timestampType(config.timestamp_type);
  }

  async open(): Promise<Checkpoint> {
    this.#warehouse = await this.#connect(this.#config);
    await this.#run(
      `CREATE TABLE IF NOT EXISTS ${this.#checkpoints} ("materialization" TEXT NOT NULL, "fence" NUMBER(38,0) NOT NULL, "checkpoint" TEXT NOT NULL)`,
    );
    const [found] = await this.#stored();
    if (found) {
      this.#fence = Number(found.fence) + 1;
      await this.#run(
        `UPDATE ${this.#checkpoints} SET "fence" = ${this.#fence} WHERE "materialization" = ?`,
        [this.#task],
      );
      return JSON.parse(String(found.checkpoint)) as Checkpoint;
    }
    this.#fence = 1;
    const values = [this.#task, JSON.stringify(emptyCheckpoint())];
    await this.#run(
      `INSERT INTO ${this.#checkpoints} ("materialization", "fence", "checkpoint") VALUES (?, 1, ?)`,
      values,
    );
    return emptyCheckpoint();
  }

  async existing(tables: readonly TableName[]): Promise<Set<string>> {
    const { database } = this.#config;
    const found = new Set<string>();
    for (const { schema, table } of tables) {
      const rows = await this.#run(
        `SELECT table_name FROM ${quoted(database)}.information_schema.tables WHERE table_schema = ? AND table_name = ?`,
        [warehouseName(schema), warehouseName(table)],
      );
      if (rows.length > 0) found.add(`${schema}.${table}`);
    }
    return found;
  }

  async apply(
    plans: readonly { binding: Binding; plan: TablePlan }[],
    checkpoint: Checkpoint,
  ): Promise<void> {
    // Snowflake commits each change of a table by itself: what was done before a failure is remembered at once.
    let done = checkpoint;
    for (const planned of plans) {
      const { binding, plan } = planned;
      if (plan.do === "replace") await this.#run(`DROP TABLE ${nameOf(binding)}`);
      if (plan.do === "create" || plan.do === "replace")
        await this.#run(createTable(binding, this.#timestamp));
      if (plan.do === "add" || plan.do === "empty") {
        for (const column of plan.columns) await this.#run(addColumn(binding, column, this.#timestamp));
      }
      if (plan.do === "empty") await this.#run(`DELETE FROM ${nameOf(binding)}`);
      done = afterPlans(done, [planned]);
      await this.#remember(done);
    }
  }

  async commit(work: readonly Work[], checkpoint: Checkpoint, publishedAt: string): Promise<void> {
    const loaded: Work[] = [];
    for (const one of work) loaded.push(await loadDocuments(this.#session, one, this.#timestamp));
    const names = new Map(loaded.map((one, index) => [one, quoted(`flow_temp_table_${index}`)]));
    // Created again each time, and before the transaction, which it would commit: emptied ones keep their memory.
    for (const [{ binding }, name] of names) await this.#run(createTemporary(name, binding));
    await this.#run("BEGIN");
    try {
      for (const [{ binding, rows }, name] of names) {
        const { deleted, groups } = groupsOf(
          binding.columns,
          rows.values(),
          this.#config.hardDelete ?? false,
        );
        await this.#load(
          name,
          binding,
          [{ partial: false, kept: new Set(), rows: deleted }, ...groups],
          publishedAt,
        );
        if (deleted.length > 0) await this.#run(deleteRows(name, binding, this.#timestamp));
        for (const [at, { kept }] of groups.entries()) {
          await this.#run(mergeRows(name, binding, at + 1, kept, this.#timestamp));
        }
      }
      await this.#remember(checkpoint);
      await this.#run("COMMIT");
    } catch (error) {
      await this.#run("ROLLBACK").catch(() => {
        // The session is gone, and the transaction with it; the first error says why.
      });
      throw error;
    }
    for (const name of names.values()) await this.#run(`DROP TABLE ${name}`);
  }

  async forget(): Promise<void> {
    await this.#run(`DELETE FROM ${this.#checkpoints} WHERE "materialization" = ?`, [this.#task]);
  }

  async close(): Promise<void> {
    await this.#warehouse?.close().catch(() => {
      // A session that is gone already needs no end.
    });
  }

  async #load(name: string, binding: Binding, groups: readonly Group[], now: string): Promise<void> {
    const columns = [...binding.columns.map(({ field }) => warehouseIdentifier(field)), '"flow_group"'];
    let rows: Cell[][] = [];
    let size = 0;
    for (const [group, { rows: members }] of groups.entries()) {
      for (const row of members) {
        const cells = binding.columns.map((column) => cellOf(column, row, now));
        rows.push([...cells, group]);
        for (const cell of cells) size += cell?.length ?? 0;
        if (size < piece) continue;
        await this.#session.load(name, columns, rows);
        rows = [];
        size = 0;
      }
    }
    if (rows.length > 0) await this.#session.load(name, columns, rows);
  }

  #stored(): Promise<Record<string, unknown>[]> {
    return this.#run(`SELECT "fence", "checkpoint" FROM ${this.#checkpoints} WHERE "materialization" = ?`, [
      this.#task,
    ]);
  }

  /** Fails where another session has opened since: nothing of this one may count any more. */
  async #remember(checkpoint: Checkpoint): Promise<void> {
    const values = [JSON.stringify(checkpoint), this.#task];
    await this.#run(
      `UPDATE ${this.#checkpoints} SET "checkpoint" = ? WHERE "materialization" = ? AND "fence" = ${this.#fence}`,
      values,
    );
    const [found] = await this.#stored();
    if (Number(found?.fence) !== this.#fence) throw new FencedOff(this.#task);
  }

  get #session(): Warehouse {
    if (!this.#warehouse) throw new Error(`${this.#task} is not connected`);
    return this.#warehouse;
  }

  #run(sql: string, binds: readonly Cell[] = []): Promise<Record<string, unknown>[]> {
    return this.#session.execute(sql, binds);
  }
}
