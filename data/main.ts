/** One program for each job of the pipeline, chosen by the first argument, all in one image. */
import { EnvironmentError } from "./kit/environment.ts";
import { messageOf } from "./kit/errors.ts";
import { jsonLog } from "./kit/log.ts";

/** What a job is: it ends when its work is done, or when the signal asks it to. */
export interface Job {
  run(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void>;
}

const jobs = new Map([
  ["migrate", "./migrations/main.ts"],
  ["publish-tables", "./migrations/publish.ts"],
  ["gong", "./gong/main.ts"],
  ["quality", "./quality/main.ts"],
]);

const [name = ""] = process.argv.slice(2);
const file = jobs.get(name);
if (file) await start(async () => (await import(file)) as Job);
else {
  const known = [...jobs.keys()].join(", ");
  process.stderr.write(`no such job: ${name || "(none)"}; start main.ts with one of ${known}\n`);
  process.exitCode = 78;
}

/** SIGTERM and SIGINT end the job's wait, not its transaction. 78 (EX_CONFIG): what is wrong is the environment. */
async function start(load: () => Promise<Job>): Promise<void> {
  const log = jsonLog(name);
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  }
  try {
    await (await load()).run(process.env, stopping.signal);
  } catch (error) {
    if (error instanceof EnvironmentError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 78;
      return;
    }
    log("error", messageOf(error));
    process.exitCode = 1;
  }
}
