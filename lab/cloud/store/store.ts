import { readFileSync } from "node:fs";
import { z } from "zod";
import { messageOf } from "../../../components/core/errors.ts";
import { replaceFile } from "../../../tools/replaceFile.ts";
import { hexId } from "./ids.ts";
import { emptyState, type State, stateSchema } from "./state.ts";

/** The one holder of state. Whoever changes it calls `commit` before answering, so no response precedes the stored change. */
export class Store {
  state: State;
  readonly #file: string | undefined;

  /** @param file Where state is kept; left out, it is kept in memory only. */
  constructor(file?: string, seed?: string) {
    this.#file = file;
    this.state = (file && load(file)) || emptyState(seed);
  }

  nextId(kind: string): string {
    this.state.counter += 1;
    return hexId(this.state.seed, kind, this.state.counter);
  }

  replace(state: State): void {
    this.state = state;
    this.commit();
  }

  /** Written beside and renamed: a killed process leaves the state before or the state after, never a part of one. */
  commit(): void {
    if (!this.#file) return;
    try {
      replaceFile(this.#file, JSON.stringify(this.state, null, 1));
    } catch (error) {
      const why = messageOf(error);
      throw new Error(`the emulator cannot keep its account: ${why}; make room or give another --state`, {
        cause: error,
      });
    }
  }
}

function load(file: string): State | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(
      `${file} is not a state of this emulator: ${why}. Restore it, or delete it to begin with an empty account.`,
      { cause: error },
    );
  }
}
