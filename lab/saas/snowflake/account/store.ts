import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Account } from "./account.ts";

/** The account in a file, written whole after each change. */
export class AccountStore {
  readonly #file: string;
  readonly account: Account;

  /** @param first what the account is where there is no file yet */
  constructor(file: string, first: () => Account) {
    this.#file = file;
    const known = read(file);
    this.account = known ?? first();
    if (!known) this.save();
  }

  save(): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    const draft = `${this.#file}.new`;
    writeFileSync(draft, `${JSON.stringify(this.account, null, 1)}\n`, { mode: 0o600 });
    renameSync(draft, this.#file);
  }
}

function read(file: string): Account | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Account;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`the lab's Snowflake account cannot be read from ${file}: ${String(error)}`, {
      cause: error,
    });
  }
}
