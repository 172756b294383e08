import { type Account, keyOf, mayTake, newAccount } from "./account/account.ts";
import { applyStatement, tableCreated, tableDropped } from "./account/apply.ts";
import { Actor, authoriseQuery, authoriseStatement } from "./account/authorise.ts";
import { show } from "./account/show.ts";
import { parseStatement, type Statement } from "./account/statements.ts";
import { AccountStore } from "./account/store.ts";
import { userOfToken } from "./account/token.ts";
import { Reader, tokensOf, written } from "./account/tokens.ts";
import type { Engine, Inspection, Result } from "./engine.ts";
import { missing, notAllowed, notSupported, SnowflakeFault } from "./fault.ts";

/** Who asks, and where. */
export interface Context {
  user: string;
  role: string;
  warehouse?: string | undefined;
  database?: string | undefined;
  schema?: string | undefined;
  /** Its temporary tables. */
  temporary: Set<string>;
  /** Of a session that lasts; a single request has none. */
  session?: { id: number; generation: number };
}
export type Wanted = Partial<Pick<Context, "role" | "warehouse" | "database" | "schema">>;

const said = (text: string): Result => ({
  columns: [{ name: "status", type: "text", nullable: false }],
  rows: [[text]],
  stats: null,
});

export interface ServiceOptions {
  engine: Engine;
  /** File of roles, users and grants. */
  accountFile: string;
  /** Names of the account. */
  accounts: readonly string[];
  /** First user, who has every role: name and public key (base64 of its DER form). */
  administrator: { user: string; publicKey: string };
}

/** Snowflake, without its wire: an account in front of an engine. */
export class Service {
  readonly #engine: Engine;
  readonly #store: AccountStore;
  readonly #accounts: readonly string[];

  constructor(options: ServiceOptions) {
    this.#engine = options.engine;
    this.#accounts = options.accounts.map((name) => name.toUpperCase());
    this.#store = new AccountStore(options.accountFile, () => newAccount(options.administrator));
  }

  get account(): Account {
    return this.#store.account;
  }

  authenticate(token: string): string {
    return userOfToken(this.account, this.#accounts, token, Date.now() / 1000);
  }

  /** Takes a role; without one, the user's own. */
  context(user: string, wanted: Wanted): Context {
    const own = this.account.objects.USER[keyOf([user])]?.properties ?? {};
    const given = (value: string | undefined, property: string) =>
      value ?? (typeof own[property] === "string" ? own[property] : undefined);
    const role = given(wanted.role, "DEFAULT_ROLE") ?? "PUBLIC";
    if (!mayTake(this.account, user, role)) {
      const why = `Role '${role}' specified in the connect string is not granted to this user.`;
      throw new SnowflakeFault("390189", why, "08001");
    }
    const warehouse = given(wanted.warehouse, "DEFAULT_WAREHOUSE");
    return { ...wanted, user, role, warehouse, temporary: new Set() };
  }

  /** Opens a session in the engine, in which transactions and temporary tables work. */
  async open(user: string, wanted: Wanted): Promise<Context> {
    const context = this.context(user, wanted);
    const { database, schema } = context;
    const id = await this.#engine.ask("open", { database, schema });
    return { ...context, session: { id, generation: this.#engine.generation } };
  }

  async close({ session }: Context): Promise<void> {
    if (session?.generation === this.#engine.generation)
      await this.#engine.ask("close", { session: session.id });
  }

  async execute(context: Context, sql: string, params: unknown[] = []): Promise<Result> {
    const statement = parseStatement(sql);
    if (statement) return this.#administer(context, statement);
    const { database, schema } = context;
    const seen = await this.#engine.ask("inspect", { sql, database, schema });
    if (seen.statements !== 1) {
      const message = `Actual statement count ${seen.statements} did not match the desired statement count 1.`;
      throw new SnowflakeFault("000008", message, "0A000");
    }
    if (seen.action === "USE") return this.#use(context, sql);
    if (seen.action === "OTHER") throw notSupported(sql.trim().split(/\s+/, 2).join(" "));
    if (seen.action === "ALTER" && /\bRENAME\s+TO\b|\bSWAP\s+WITH\b/i.test(sql)) {
      throw notSupported("another name for a table");
    }
    const { role, warehouse, temporary } = context;
    authoriseQuery({ actor: new Actor(this.account, role), warehouse, temporary }, seen);
    const session = this.#sessionOf(context);
    const result = await this.#engine.ask("execute", { sql, params, database, schema, session });
    this.#note(context, seen, /^\s*CREATE\s+OR\s+REPLACE\b/i.test(sql));
    return result;
  }

  /** Appends rows from a file of JSON arrays to a table, with the rights of an INSERT. */
  async append(context: Context, table: string, columns: string[], file: string): Promise<number> {
    const { database, schema, role, warehouse, temporary } = context;
    const session = this.#sessionOf(context);
    if (session === undefined) throw new Error("rows are appended in a session only");
    const sql = `INSERT INTO ${table} SELECT 1`;
    const seen = await this.#engine.ask("inspect", { sql, database, schema });
    authoriseQuery({ actor: new Actor(this.account, role), warehouse, temporary }, seen);
    return (await this.#engine.ask("append", { session, table, columns, file })).rows;
  }

  #sessionOf({ session }: Context): number | undefined {
    if (session && session.generation !== this.#engine.generation) {
      throw new SnowflakeFault(
        "390111",
        "Session no longer exists. New login required to access the service.",
        "08001",
      );
    }
    return session?.id;
  }

  /** Who owns what a statement made. */
  #note(context: Context, { action, kind, object, temporary }: Inspection, replaced: boolean): void {
    if (object?.length !== 3 || (action !== "CREATE" && action !== "DROP")) return;
    const key = keyOf(object);
    if (action === "DROP" && context.temporary.delete(key)) return;
    if (temporary) {
      context.temporary.add(key);
      return;
    }
    if (kind !== "TABLE" && kind !== "VIEW") return;
    if (action === "DROP") tableDropped(this.account, object);
    else if (replaced || !this.account.objects.TABLE[key]) tableCreated(this.account, context.role, object);
    this.#store.save();
  }

  async #administer(context: Context, given: Statement): Promise<Result> {
    const statement = complete(given, context);
    if (statement.do === "show" || statement.do === "show grants") return show(this.account, statement);
    authoriseStatement(new Actor(this.account, context.role), statement);
    const stored = "kind" in statement && (statement.kind === "DATABASE" || statement.kind === "SCHEMA");
    // The engine first: what is entered here is there, and what was left half done is entered by the next try.
    if (stored && statement.do === "create") {
      await this.#engine.ask("execute", {
        sql: `CREATE ${statement.kind} IF NOT EXISTS ${written(statement.name)}`,
      });
    }
    if (stored && statement.do === "drop") {
      await this.#engine.ask("execute", {
        sql: `DROP ${statement.kind} IF EXISTS ${written(statement.name)}`,
      });
    }
    const text = applyStatement(this.account, context.role, statement);
    this.#store.save();
    return said(text);
  }

  async #use(context: Context, sql: string): Promise<Result> {
    if (!context.session)
      throw notSupported("USE in a single request: name role, warehouse, database and schema in it");
    const reader = new Reader(tokensOf(sql));
    reader.expect("USE");
    const what = reader.oneOf(["ROLE", "WAREHOUSE", "DATABASE", "SCHEMA"]) ?? "SCHEMA";
    const name = reader.name();
    reader.end();
    const last = name.at(-1) ?? "";
    if (what === "ROLE") {
      if (!mayTake(this.account, context.user, last)) throw notAllowed(`role '${last}'`);
      context.role = last;
    } else if (what === "WAREHOUSE") {
      if (!new Actor(this.account, context.role).has(["USAGE"], "WAREHOUSE", [last]))
        throw missing("Warehouse", last);
      context.warehouse = last;
    } else {
      await this.#engine.ask("execute", { sql, session: this.#sessionOf(context) });
      if (what === "DATABASE") Object.assign(context, { database: last, schema: undefined });
      else Object.assign(context, { schema: last, ...(name.length > 1 && { database: name[0] }) });
    }
    return said("Statement executed successfully.");
  }
}

/** Names with their database, where a session has one and the statement has not. */
function complete(statement: Statement, { database }: Context): Statement {
  if (!("kind" in statement) || statement.kind !== "SCHEMA" || statement.name.length > 1 || !database)
    return statement;
  return { ...statement, name: [database, ...statement.name] };
}
