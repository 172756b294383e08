/**
 * Runs a stdio program that loses what tool calls at the same time write: passes a call on when the one before is answered.
 * Everything else passes at once, so that a list of tools does not wait for a call.
 *
 *   node oneCallAtATime.ts <file of the program> <its arguments>
 */
import { PassThrough } from "node:stream";
import { runInProcess } from "./inProcess.ts";
import { eachLine } from "./lines.ts";

type Id = string | number;

interface Message {
  id?: Id;
  method?: string;
  params?: { requestId?: Id };
}

interface Call {
  id: Id;
  line: string;
  /** Its caller does not wait for an answer any more. */
  cancelled?: boolean;
}

/** A message of the protocol; empty where the line is none, which the program answers itself. */
function messageOf(line: string): Message {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === "object" && message !== null ? message : {};
  } catch {
    return {};
  }
}

const [, , file = "", ...args] = process.argv;
/** What the program reads. */
const stdin = new PassThrough();

/** In the order in which they came; the program has the first. */
const calls: Call[] = [];
let running = false;
let ended = false;
const send = (line: string) => stdin.write(`${line}\n`);

const next = (): void => {
  const [first] = calls;
  if (running) return;
  running = first !== undefined;
  if (first) send(first.line);
  else if (ended) stdin.end();
};

/** Whether it was the cancellation of a call here. The program would leave a cancelled call without an answer. */
function cancelled({ method, params }: Message): boolean {
  if (method !== "notifications/cancelled") return false;
  const index = calls.findIndex(({ id }) => id === params?.requestId);
  if (index > 0) calls.splice(index, 1);
  const [first] = calls;
  if (index === 0 && first) first.cancelled = true;
  return index >= 0;
}

function read(line: string): void {
  const message = messageOf(line);
  if (cancelled(message)) return;
  if (message.method !== "tools/call" || message.id === undefined) return void send(line);
  calls.push({ id: message.id, line });
  next();
}

function answered(line: string): string | undefined {
  const [first] = calls;
  if (first === undefined || !isAnswer(line, first.id)) return line;
  calls.shift();
  running = false;
  // Not while the program is still writing.
  process.nextTick(next);
  return first.cancelled ? undefined : line;
}

function isAnswer(line: string, id: Id): boolean {
  const message = messageOf(line);
  return message.method === undefined && message.id === id;
}

await runInProcess(file, args, {
  input: (input) => {
    eachLine(input, read, () => {
      ended = true;
      next();
    });
    return stdin;
  },
  output: answered,
});
