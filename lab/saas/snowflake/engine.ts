import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { engineCommand } from "./artefact.ts";
import { SnowflakeFault } from "./fault.ts";

/** A column of a result, in the words of Snowflake's API. */
export interface Column {
  name: string;
  type: string;
  nullable: boolean;
  precision?: number;
  scale?: number;
}
/** Rows that a statement changed. */
interface Changes {
  inserted: number;
  updated: number;
  deleted: number;
}
export interface Result {
  columns: Column[];
  rows: (string | null)[][];
  stats: Changes | null;
}

/** Database, schema and name. */
export type ObjectName = readonly string[];
/** What a statement would read and change. */
export interface Inspection {
  statements: number;
  /** `SELECT`, `INSERT`, `CREATE`, …; `OTHER` is what the engine does not know. */
  action: string;
  /** Of CREATE, DROP and ALTER: `TABLE`, `SCHEMA`, … */
  kind: string;
  object: ObjectName | null;
  reads: ObjectName[];
  writes: ObjectName | null;
  temporary: boolean;
}

interface Place {
  database?: string | undefined;
  schema?: string | undefined;
}
interface Requests {
  execute: { of: Place & { sql: string; params?: unknown[]; session?: number | undefined }; gives: Result };
  inspect: { of: Place & { sql: string }; gives: Inspection };
  open: { of: Place; gives: number };
  append: {
    of: { session: number; table: string; columns: string[]; file: string };
    gives: { rows: number };
  };
  close: { of: { session: number }; gives: null };
  databases: { of: object; gives: string[] };
}

interface Answer {
  id: number;
  result?: unknown;
  fault?: { code: string; state: string; message: string };
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The engine's process: started when it is first asked, and again after it died. */
export class Engine {
  readonly #venv: string;
  readonly #folder: string;
  #process: ChildProcessWithoutNullStreams | undefined;
  #started: Promise<void> | undefined;
  #waiting = new Map<number, Waiting>();
  #count = 0;
  #said = "";
  /** Grows with every start: sessions of an older one are gone. */
  generation = 0;

  /**
   * @param venv folder of the artefact `fakesnow`
   * @param folder of the database files
   */
  constructor(venv: string, folder: string) {
    this.#venv = venv;
    this.#folder = folder;
  }

  /** Of the running engine, for who wants to know its memory. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async ask<Op extends keyof Requests>(op: Op, of: Requests[Op]["of"]): Promise<Requests[Op]["gives"]> {
    this.#started ??= this.#start();
    await this.#started;
    this.#count += 1;
    const id = this.#count;
    return new Promise<Requests[Op]["gives"]>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as Requests[Op]["gives"]), reject });
      this.#process?.stdin.write(`${JSON.stringify({ id, op, ...of })}\n`);
    });
  }

  #start(): Promise<void> {
    this.generation += 1;
    this.#said = "";
    const { command, args } = engineCommand(this.#venv);
    // fakesnow makes a folder for stages at each start, and an engine that is killed leaves it.
    const temporary = join(this.#folder, "tmp");
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    const child = spawn(command, [...args, this.#folder], {
      // No byte code into the checkout; nothing of the user's environment.
      env: {
        PATH: process.env.PATH,
        LANG: "C.UTF-8",
        PYTHONDONTWRITEBYTECODE: "1",
        HOME: this.#folder,
        TMPDIR: temporary,
      },
    });
    this.#process = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#said = (this.#said + text).slice(-4000);
    });
    // Its end is told by `close`.
    child.stdin.on("error", () => undefined);
    return new Promise((resolve, reject) => {
      const ended = (why: string) => {
        if (this.#process === child) {
          this.#process = undefined;
          this.#started = undefined;
        }
        const error = new Error(
          `the lab's Snowflake engine ${why}: ${this.#said.trim() || "it said nothing"}`,
        );
        reject(error);
        for (const { reject: give } of this.#waiting.values()) give(error);
        this.#waiting.clear();
      };
      child.on("error", (error) => ended(`cannot be started (${error.message})`));
      child.on("close", (code, signal) => ended(`ended with ${signal ?? code}`));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const answer = JSON.parse(line) as Answer & { ready?: boolean };
        if (answer.ready) resolve();
        else this.#take(answer);
      });
    });
  }

  #take({ id, result, fault }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (fault) waiting?.reject(new SnowflakeFault(fault.code, fault.message, fault.state));
    else waiting?.resolve(result);
  }

  /** Ends the process; what it was asked before is answered. */
  async close(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.stdin.end();
    await gone;
  }

  /** Ends the process as a crash would. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.kill("SIGKILL");
    await gone;
  }
}
