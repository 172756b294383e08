import { causeOf } from "../../kit/errors.ts";
import { keyPairToken, type Login } from "./keyPair.ts";

/** Snowflake refused, or could not be reached. */
export class WarehouseError extends Error {
  /** Snowflake's own, like `002003`; of HTTP where there is none. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WarehouseError";
    this.code = code;
  }
}

export interface ClientOptions extends Login {
  /** Default: the account's own, over TLS. */
  url?: string | undefined;
  role?: string | undefined;
  warehouse?: string | undefined;
  database?: string | undefined;
  schema?: string | undefined;
  /** Seconds that one statement may take. Default 60. */
  timeout?: number | undefined;
}

export type Bind = string | number | boolean | null;
export type Row = Record<string, string | null>;

/** Where an account answers; underscores of its name are dashes there. */
export const hostOf = (account: string): string =>
  `${account.toLowerCase().replaceAll("_", "-")}.snowflakecomputing.com`;

const bindOf = (value: Bind) => {
  if (value === null) return { type: "TEXT", value: null };
  if (typeof value === "boolean") return { type: "BOOLEAN", value: String(value) };
  if (typeof value === "number")
    return { type: Number.isInteger(value) ? "FIXED" : "REAL", value: String(value) };
  return { type: "TEXT", value };
};

interface Answer {
  code?: string;
  message?: string;
  statementHandle?: string;
  resultSetMetaData?: { rowType: { name: string }[]; partitionInfo?: unknown[] };
  data?: (string | null)[][];
}

/** Snowflake by its SQL API: single statements with small results, without a driver. */
export class WarehouseClient {
  readonly #options: ClientOptions;
  readonly #fetch: typeof fetch;

  constructor(options: ClientOptions, request: typeof fetch = fetch) {
    this.#options = options;
    this.#fetch = request;
  }

  /**
   * Runs one statement.
   *
   * @returns rows by column, values in the API's notation (all text)
   * @throws WarehouseError
   */
  async query(statement: string, binds: Bind[] = [], signal?: AbortSignal): Promise<Row[]> {
    const { role, warehouse, database, schema, timeout = 60 } = this.#options;
    const answer = await this.#ask(
      "POST",
      "/api/v2/statements",
      {
        statement,
        timeout,
        ...(role && { role }),
        ...(warehouse && { warehouse }),
        ...(database && { database }),
        ...(schema && { schema }),
        ...(binds.length > 0 && {
          bindings: Object.fromEntries(binds.map((bind, index) => [index + 1, bindOf(bind)])),
        }),
      },
      signal,
    );
    if ((answer.resultSetMetaData?.partitionInfo?.length ?? 1) > 1) {
      throw new WarehouseError("000000", "the result has several partitions: ask for less at once");
    }
    const names = answer.resultSetMetaData?.rowType.map(({ name }) => name) ?? [];
    return (answer.data ?? []).map((row) =>
      Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])),
    );
  }

  async #ask(method: string, path: string, body: object, signal?: AbortSignal): Promise<Answer> {
    const { url = `https://${hostOf(this.#options.account)}`, timeout = 60 } = this.#options;
    const deadline = AbortSignal.timeout((timeout + 15) * 1000);
    let response: Response;
    try {
      response = await this.#fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${keyPairToken(this.#options, Date.now() / 1000)}`,
          "x-snowflake-authorization-token-type": "KEYPAIR_JWT",
          "content-type": "application/json",
          accept: "application/json",
          "user-agent": "sophia-pipeline/0.1.0",
        },
        body: JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
    } catch (cause) {
      signal?.throwIfAborted();
      const why = causeOf(cause);
      throw new WarehouseError("unreachable", `Snowflake at ${url} cannot be reached: ${why}`, { cause });
    }
    const said = await response.text();
    let answer: Answer;
    try {
      answer = JSON.parse(said) as Answer;
    } catch (cause) {
      const message = `Snowflake at ${url} answered ${response.status} with no JSON: ${said.slice(0, 200)}`;
      throw new WarehouseError(String(response.status), message, { cause });
    }
    // 202: the statement exceeded its timeout; it keeps running at Snowflake, and its result is not read.
    if (response.status === 200) return answer;
    const reason = response.status === 202 ? `the statement took longer than ${timeout} s` : answer.message;
    throw new WarehouseError(answer.code ?? String(response.status), reason ?? `HTTP ${response.status}`);
  }
}
