import { Readable } from "node:stream";
import { snowflakeAccount } from "../../../components/settings/sections/snowflake.ts";
import { keyPairToken } from "../../../data/quality/warehouse/keyPair.ts";
import type { SnowflakeConfig } from "../estuary/plane/types.ts";
import type { OpenWarehouse, Warehouse } from "../estuary/plane/warehouse.ts";

interface Answer {
  success?: boolean;
  code?: string | null;
  message?: string | null;
  data?: {
    token?: string;
    rows?: number;
    rowtype?: { name: string; type: string }[];
    rowset?: (string | null)[][];
  } | null;
}

const numeric = new Set(["fixed", "real"]);

/** A value as JavaScript has it; whole numbers that it cannot hold, and times, stay text. */
function jsValue(text: string | null, type: string): unknown {
  if (text === null) return null;
  if (type === "boolean") return text === "true";
  if (!numeric.has(type)) return text;
  const number = Number(text);
  return type === "real" || Number.isSafeInteger(number) || /\./.test(text) ? number : text;
}

async function ask(
  url: string,
  body: string | ReadableStream,
  authorization?: string,
): Promise<NonNullable<Answer["data"]>> {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...(authorization && { authorization }) },
    // Node wants to hear that a streamed body is not answered before its end.
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
  const answer = (await response.json()) as Answer;
  if (response.ok && answer.success) return answer.data ?? {};
  throw new Error(`${answer.code ?? response.status}: ${answer.message ?? "Snowflake does not answer"}`);
}

/** Rows of one chunk of a load: enough that the loopback is no cost, few enough that memory stays flat. */
const chunk = 500;

function* linesOf(rows: readonly (readonly unknown[])[]): Generator<Buffer> {
  for (let at = 0; at < rows.length; at += chunk) {
    const lines = rows.slice(at, at + chunk).map((row) => `${JSON.stringify(row)}\n`);
    yield Buffer.from(lines.join(""));
  }
}

/**
 * Opens sessions in the lab's Snowflake for the lab's data plane, as a driver would: key pair, role, warehouse.
 *
 * @param url base of the lab's Snowflake
 * @param account name that the account goes by; the host in a connector's configuration is the real one's
 */
export const warehouseAt =
  (url: string, account: string = snowflakeAccount): OpenWarehouse =>
  async (config: SnowflakeConfig): Promise<Warehouse> => {
    const { user, private_key: escaped } = config.credentials;
    // The connector takes a key whose line breaks were written as `\n`.
    const privateKey = escaped.replaceAll("\\n", "\n");
    const place = new URLSearchParams({
      databaseName: config.database,
      schemaName: config.schema,
      ...(config.warehouse && { warehouse: config.warehouse }),
      ...(config.role && { roleName: config.role }),
    });
    const login = {
      data: {
        LOGIN_NAME: user,
        AUTHENTICATOR: "SNOWFLAKE_JWT",
        TOKEN: keyPairToken({ account, user, privateKey }, Date.now() / 1000),
      },
    };
    const { token = "" } = await ask(`${url}/session/v1/login-request?${place}`, JSON.stringify(login));
    const authorization = `Snowflake Token="${token}"`;
    return {
      async execute(sql, binds = []) {
        const bindings = Object.fromEntries(
          binds.map((bind, index) => [
            index + 1,
            {
              type: typeof bind === "boolean" ? "BOOLEAN" : typeof bind === "number" ? "REAL" : "TEXT",
              value: bind === null ? null : String(bind),
            },
          ]),
        );
        const body = JSON.stringify({ sqlText: sql, ...(binds.length > 0 && { bindings }) });
        const { rowtype = [], rowset = [] } = await ask(
          `${url}/queries/v1/query-request`,
          body,
          authorization,
        );
        return rowset.map((row) =>
          Object.fromEntries(
            rowtype.map(({ name, type }, index) => [name, jsValue(row[index] ?? null, type)]),
          ),
        );
      },
      async load(table, columns, rows) {
        if (rows.length === 0) return;
        const query = new URLSearchParams({ table, columns: JSON.stringify(columns) });
        const body = Readable.toWeb(Readable.from(linesOf(rows))) as unknown as ReadableStream;
        await ask(`${url}/lab/append?${query}`, body, authorization);
      },
      async close() {
        await ask(`${url}/session?delete=true`, "", authorization);
      },
    };
  };
