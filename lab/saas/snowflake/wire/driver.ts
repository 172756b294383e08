import { randomBytes, randomUUID } from "node:crypto";
import { messageOf } from "../../../../components/core/errors.ts";
import type { Result } from "../engine.ts";
import { notSupported, SnowflakeFault } from "../fault.ts";
import type { Context, Service } from "../service.ts";
import { bindsOf, type Reply, rowType, type SqlApiRequest } from "./sqlApi.ts";

interface LoginRequest {
  data?: { LOGIN_NAME?: string; AUTHENTICATOR?: string; TOKEN?: string };
}

const parameters = [
  { name: "AUTOCOMMIT", value: true },
  { name: "TIMEZONE", value: "Etc/UTC" },
  { name: "CLIENT_SESSION_KEEP_ALIVE", value: false },
  { name: "CLIENT_PREFETCH_THREADS", value: 1 },
  // Array binds come in the request: stages are not kept.
  { name: "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", value: 0 },
];

const ok = (data: unknown): Reply => ({
  status: 200,
  body: { data, code: null, message: null, success: true },
});

/** Numbers by which drivers tell statements that change rows from those that ask. */
const statementType = (stats: Result["stats"]) => (stats ? 0x3000 : 0x1000);

function answer(result: Result, { database, schema, role, warehouse }: Context): Reply {
  const { columns, rows, stats } = result;
  return ok({
    parameters: [],
    rowtype: columns.map(rowType),
    rowset: rows,
    total: rows.length,
    returned: rows.length,
    queryId: randomUUID(),
    queryResultFormat: "json",
    statementTypeId: statementType(stats),
    finalDatabaseName: database ?? null,
    finalSchemaName: schema ?? null,
    finalRoleName: role,
    finalWarehouseName: warehouse ?? null,
    numberOfBinds: 0,
    arrayBindSupported: false,
    ...(stats && {
      stats: {
        numRowsInserted: stats.inserted,
        numRowsUpdated: stats.updated,
        numRowsDeleted: stats.deleted,
        numDmlDuplicates: 0,
      },
    }),
  });
}

/** Sessions of Snowflake's drivers: login by key pair, statements in JSON, logout. */
export class Sessions {
  readonly #service: Service;
  readonly #open = new Map<string, Context>();
  constructor(service: Service) {
    this.#service = service;
  }

  async login(body: LoginRequest, query: URLSearchParams): Promise<Reply> {
    const { AUTHENTICATOR: authenticator, TOKEN: jwt = "", LOGIN_NAME: name = "" } = body.data ?? {};
    if (authenticator !== "SNOWFLAKE_JWT") throw notSupported(`logins by ${authenticator ?? "password"}`);
    const user = this.#service.authenticate(jwt);
    if (user !== name.toUpperCase()) throw new SnowflakeFault("390144", "JWT token is invalid.", "08001");
    const given = (key: string) => query.get(key)?.toUpperCase() || undefined;
    const context = await this.#service.open(user, {
      role: given("roleName"),
      warehouse: given("warehouse"),
      database: given("databaseName"),
      schema: given("schemaName"),
    });
    const token = randomBytes(24).toString("base64url");
    this.#open.set(token, context);
    const { database, schema, role, warehouse } = context;
    return ok({
      token,
      masterToken: randomBytes(24).toString("base64url"),
      validityInSeconds: 3600,
      masterValidityInSeconds: 14400,
      displayUserName: user,
      serverVersion: "9.0.0",
      parameters,
      sessionId: Date.now(),
      sessionInfo: {
        databaseName: database ?? null,
        schemaName: schema ?? null,
        warehouseName: warehouse ?? null,
        roleName: role,
      },
    });
  }

  /** @param authorization `Snowflake Token="…"` */
  contextOf(authorization: string | undefined): Context {
    const token = /^Snowflake Token="([^"]*)"$/.exec(authorization ?? "")?.[1] ?? "";
    const context = this.#open.get(token);
    if (!context) {
      throw new SnowflakeFault("390104", "User must login again to access the service.", "08001");
    }
    return context;
  }

  async query(
    context: Context,
    body: { sqlText?: string; bindings?: SqlApiRequest["bindings"]; describeOnly?: boolean },
  ): Promise<Reply> {
    if (body.describeOnly) throw notSupported("statements that are described only");
    const binds = bindsOf(body.bindings);
    return answer(await this.#service.execute(context, body.sqlText ?? "", binds), context);
  }

  async logout(context: Context): Promise<Reply> {
    for (const [token, each] of this.#open) if (each === context) this.#open.delete(token);
    await this.#service.close(context);
    return ok(null);
  }
}

/** What a fault looks like on this wire: drivers read it from an answer that is well. */
export function driverFault(error: unknown): Reply {
  const fault =
    error instanceof SnowflakeFault ? error : new SnowflakeFault("000603", messageOf(error), "XX000");
  const { code, message, state } = fault;
  return {
    status: 200,
    body: {
      data: { errorCode: code, sqlState: state, queryId: randomUUID() },
      code,
      message,
      success: false,
    },
  };
}
