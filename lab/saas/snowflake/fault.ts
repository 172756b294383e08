/** An error in the words of Snowflake: its code, its message, the SQL state. */
export class SnowflakeFault extends Error {
  readonly code: string;
  readonly state: string;
  constructor(code: string, message: string, state = "42000") {
    super(message);
    this.name = "SnowflakeFault";
    this.code = code;
    this.state = state;
  }
}

/** A statement that is not SQL as Snowflake takes it. */
export const syntaxError = (what: string): SnowflakeFault =>
  new SnowflakeFault("001003", `SQL compilation error: ${what}`, "42000");
/** Snowflake does not say which of the two it is. */
export const missing = (kind: string, name: string): SnowflakeFault =>
  new SnowflakeFault(
    "002003",
    `SQL compilation error: ${kind} '${name}' does not exist or not authorized.`,
    "02000",
  );
/** An object of that name is there. */
export const exists = (name: string): SnowflakeFault =>
  new SnowflakeFault("002002", `SQL compilation error: Object '${name}' already exists.`, "42710");
/** The role lacks a privilege. */
export const notAllowed = (what: string): SnowflakeFault =>
  new SnowflakeFault(
    "003001",
    `SQL access control error: Insufficient privileges to operate on ${what}.`,
    "42501",
  );
/** What Snowflake can do and its emulator cannot. */
export const notSupported = (what: string): SnowflakeFault =>
  new SnowflakeFault("000002", `Unsupported feature: the lab's Snowflake does not know ${what}.`, "0A000");
