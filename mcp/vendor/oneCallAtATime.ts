/**
 * Runs a stdio program that loses what tool calls at the same time write: passes a call on when the one before is answered.
 * Everything else passes at once, so that a list of tools does not wait for a call.
 *
 *   node oneCallAtATime.ts <file of the program> <its arguments>
 */
import { runChild } from "./child.ts";
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
const { stdin, stdout } = runChild(file, args, ["stdin", "stdout"]);
if (!stdin || !stdout) throw new Error(`${file} has no input to write to, or no output to read`);
// The program ended, which ends this process too, with its exit code.
stdin.on("error", () => undefined);

/** In the order in which they came; the program has the first. */
const calls: Call[] = [];
let ended = false;
const send = (line: string) => stdin.write(`${line}\n`);

const next = (): void => {
  const [first] = calls;
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

eachLine(process.stdin, (line) => {
  const message = messageOf(line);
  if (cancelled(message)) return;
  if (message.method !== "tools/call" || message.id === undefined) return void send(line);
  calls.push({ id: message.id, line });
  if (calls.length === 1) next();
});
process.stdin.on("end", () => {
  ended = true;
  if (calls.length === 0) next();
});

eachLine(stdout, (line) => {
  const [first] = calls;
  const answered = first !== undefined && isAnswer(line, first.id);
  if (!(answered && first.cancelled)) process.stdout.write(`${line}\n`);
  if (!answered) return;
  calls.shift();
  next();
});

function isAnswer(line: string, id: Id): boolean {
  const message = messageOf(line);
  return message.method === undefined && message.id === id;
}
