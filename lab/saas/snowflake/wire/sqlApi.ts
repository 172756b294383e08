import { randomUUID } from "node:crypto";
import { messageOf } from "../../../../components/core/errors.ts";
import type { Column, Result } from "../engine.ts";
import { notSupported, SnowflakeFault } from "../fault.ts";
import type { Service } from "../service.ts";

/** A request of Snowflake's SQL API, version 2. */
export interface SqlApiRequest {
  statement?: string;
  role?: string;
  warehouse?: string;
  database?: string;
  schema?: string;
  timeout?: number;
  bindings?: Record<string, { type: string; value: string | null }>;
  parameters?: Record<string, string>;
}

export interface Reply {
  status: number;
  body: unknown;
}

const known = ["statement", "role", "warehouse", "database", "schema", "timeout", "bindings", "parameters"];

/** Binds in their order; DuckDB casts texts to what they are compared with. */
export function bindsOf(bindings: SqlApiRequest["bindings"] = {}): unknown[] {
  return Object.keys(bindings)
    .sort((a, b) => Number(a) - Number(b))
    .map((position) => {
      const { type, value } = bindings[position] ?? { type: "TEXT", value: null };
      if (value === null) return null;
      if (type === "FIXED" && Number.isSafeInteger(Number(value))) return Number(value);
      if (type === "REAL") return Number(value);
      return type === "BOOLEAN" ? value === "true" : value;
    });
}

/** A column as both wires describe it. */
export const rowType = ({ name, type, nullable, precision, scale }: Column) => ({
  name,
  database: "",
  schema: "",
  table: "",
  nullable,
  type,
  precision: precision ?? null,
  scale: scale ?? null,
  length: type === "text" ? 16777216 : null,
  byteLength: type === "text" ? 16777216 : null,
  collation: null,
});

function replyOf(result: Result, handle: string): Reply {
  const { columns, rows, stats } = result;
  return {
    status: 200,
    body: {
      resultSetMetaData: {
        numRows: rows.length,
        format: "jsonv2",
        partitionInfo: [{ rowCount: rows.length, uncompressedSize: 0 }],
        rowType: columns.map(rowType),
      },
      data: rows,
      code: "090001",
      statementStatusUrl: `/api/v2/statements/${handle}?requestId=${randomUUID()}`,
      requestId: randomUUID(),
      sqlState: "00000",
      statementHandle: handle,
      message: "Statement executed successfully.",
      createdOn: Date.now(),
      ...(stats && {
        stats: {
          numRowsInserted: stats.inserted,
          numRowsUpdated: stats.updated,
          numRowsDeleted: stats.deleted,
          numDuplicateRowsUpdated: 0,
        },
      }),
    },
  };
}

/** What a fault looks like on this wire. */
export function faultReply(error: unknown, handle: string = randomUUID()): Reply {
  if (!(error instanceof SnowflakeFault)) {
    const message = messageOf(error);
    return { status: 500, body: { code: "000603", message, sqlState: "XX000", statementHandle: handle } };
  }
  const { code, message, state } = error;
  const status = code.startsWith("39") ? 401 : 422;
  return { status, body: { code, message, sqlState: state, statementHandle: handle } };
}

/** Runs one statement, in no session. @param token of the key pair, from the header `Authorization` */
export async function sqlApi(service: Service, token: string, request: SqlApiRequest): Promise<Reply> {
  const handle = randomUUID();
  try {
    const user = service.authenticate(token);
    const strange = Object.keys(request).filter((name) => !known.includes(name));
    if (strange.length > 0) throw notSupported(`the field ${strange[0]} of a request`);
    if ((request.parameters?.MULTI_STATEMENT_COUNT ?? "1") !== "1") throw notSupported("several statements");
    const { role, warehouse, database, schema } = request;
    const context = service.context(user, { role, warehouse, database, schema });
    return replyOf(
      await service.execute(context, request.statement ?? "", bindsOf(request.bindings)),
      handle,
    );
  } catch (error) {
    return faultReply(error, handle);
  }
}
