import type { RequestContext } from "../kit/provider.ts";
import type { ResourceType } from "../kit/resources.ts";
import { Fields, type Inputs } from "../kit/schema.ts";
import { type Properties, unknown, type Value } from "../kit/values.ts";
import { newId } from "./inputs.ts";
import { type Logging, Output } from "./output.ts";

/** One run of a command. */
export interface CommandRun {
  command: string;
  stdin: string;
  environment: Record<string, string>;
  /** `PULUMI_COMMAND_STDOUT` and `PULUMI_COMMAND_STDERR` with the previous outputs. */
  previous: Record<string, string>;
  /** All inputs, including those of one kind of command only. */
  fields: Fields;
  output: Output;
  signal: AbortSignal;
  log: RequestContext["log"];
}
export type Runner = (run: CommandRun) => Promise<void>;

const loggings: readonly string[] = ["stdout", "stderr", "none"];
const asLogging = (text: string | undefined): Logging =>
  text !== undefined && loggings.includes(text) ? (text as Logging) : "stdoutAndStderr";

const text = (value: Value | undefined) => (typeof value === "string" ? value : "");

async function execute(
  runner: Runner,
  command: string | undefined,
  properties: Properties,
  state: Properties,
  context: RequestContext,
): Promise<Properties> {
  const before = new Fields(state);
  const earlier = { stdout: before.string("stdout") ?? "", stderr: before.string("stderr") ?? "" };
  if (command === undefined) return earlier;
  const fields = new Fields(properties);
  const environment = fields.texts("environment");
  const stdin = fields.string("stdin") ?? "";
  const output = new Output(asLogging(fields.string("logging")), context.log);
  context.signal.throwIfAborted();
  await runner({
    command,
    stdin,
    environment,
    previous:
      (fields.boolean("addPreviousOutputInEnv") ?? true)
        ? {
            ...(earlier.stdout ? { PULUMI_COMMAND_STDOUT: text(earlier.stdout) } : {}),
            ...(earlier.stderr ? { PULUMI_COMMAND_STDERR: text(earlier.stderr) } : {}),
          }
        : {},
    fields,
    output,
    signal: context.signal,
    log: context.log,
  });
  output.end();
  return output.result();
}

/** A command resource: runs `create`, `update` (default: `create`) and `delete`; a changed trigger replaces it. */
export function commandType(inputs: Inputs, runner: Runner): ResourceType {
  const unknowns = { stdout: unknown, stderr: unknown };
  return {
    inputs,
    async create(request) {
      if (request.preview) return { id: "", outputs: { ...request.inputs, ...unknowns } };
      const command = new Fields(request.inputs).string("create");
      const result = await execute(runner, command, request.inputs, {}, request);
      return { id: newId(request.name), outputs: { ...request.inputs, ...result } };
    },
    async update(request) {
      if (request.preview) return { outputs: { ...request.news, ...unknowns } };
      const fields = new Fields(request.news);
      const command = fields.string("update") ?? fields.string("create");
      const result = await execute(runner, command, request.news, request.olds, request);
      return { outputs: { ...request.news, ...result } };
    },
    async delete(request) {
      await execute(
        runner,
        new Fields(request.state).string("delete"),
        request.state,
        request.state,
        request,
      );
    },
  };
}
