import type { ClientConfig } from "pg";
import pg from "pg";
import type { PostgresLogin } from "../types.ts";
import { type Reached, reach } from "./tunnel.ts";

/** All values as the text that PostgreSQL writes. */
const asText = { getTypeParser: () => (value: string | Buffer) => value.toString() };

/** How a connector reaches its database: through the tunnel that its config names, with TLS where that says so. */
export class PostgresEndpoint {
  readonly #login: PostgresLogin;
  readonly #application: string;
  readonly #reached: Reached;
  readonly #ssl: ClientConfig["ssl"];

  private constructor(
    login: PostgresLogin,
    sslmode: string | undefined,
    application: string,
    reached: Reached,
  ) {
    this.#login = login;
    this.#application = application;
    this.#reached = reached;
    this.#ssl = tls(sslmode);
  }

  static async open(
    login: PostgresLogin & { advanced?: { sslmode?: string } },
    application: string,
  ): Promise<PostgresEndpoint> {
    const { auth_type } = login.credentials;
    if (auth_type !== "UserPassword") throw new Error(`the lab's plane knows no auth_type ${auth_type}`);
    const reached = await reach(login.address, login.networkTunnel);
    return new PostgresEndpoint(login, login.advanced?.sslmode, application, reached);
  }

  /** Text comes in one spelling, whatever the server's or the role's settings are. */
  get config(): ClientConfig {
    return {
      host: this.#reached.host,
      port: this.#reached.port,
      user: this.#login.user,
      password: this.#login.credentials.password,
      database: this.#login.database,
      ssl: this.#ssl,
      application_name: this.#application,
      connectionTimeoutMillis: 15_000,
      keepAlive: true,
      options: "-c timezone=UTC -c datestyle=ISO -c intervalstyle=iso_8601 -c bytea_output=hex",
      types: asText,
    };
  }

  /** A connection; `lost` is called when it breaks while nothing is asked of it. */
  async connect(lost: (error: Error) => void = () => {}): Promise<pg.Client> {
    const client = new pg.Client(this.config);
    client.on("error", lost);
    await client.connect();
    return client;
  }

  close(): Promise<void> {
    return this.#reached.close();
  }
}

function tls(sslmode: string | undefined): ClientConfig["ssl"] {
  if (sslmode === undefined || ["disable", "allow", "prefer"].includes(sslmode)) return false;
  if (sslmode === "require") return { rejectUnauthorized: false };
  throw new Error(`the lab's plane knows no sslmode ${sslmode}; it knows disable and require`);
}

/** A name as SQL takes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** A text as SQL takes it. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
