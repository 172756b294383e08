import type { z } from "zod";
import { type baseEnvironment, EnvironmentError, readEnvironment } from "./environment.ts";
import { type ServeOptions, serve } from "./serve.ts";

type Environment<S extends z.ZodObject> = z.infer<typeof baseEnvironment> & z.infer<S>;

/** What a server adds to the code that all share. */
export interface Program<S extends z.ZodObject> {
  name: string;
  version: string;
  instructions: string;
  environment: S;
  /** Tools and readiness, made once from the checked environment. */
  make(environment: Environment<S>): Pick<ServeOptions, "tools" | "ready">;
}

/** Runs a server until SIGTERM or SIGINT. An unusable environment ends the process with 78 (EX_CONFIG). */
export async function main<S extends z.ZodObject>(program: Program<S>): Promise<void> {
  let environment: Environment<S>;
  try {
    environment = readEnvironment(program.name, program.environment);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 78;
    return;
  }
  const serving = await serve({
    ...program,
    ...program.make(environment),
    port: environment.PORT,
    maxBody: environment.SOPHIA_MCP_MAX_BODY,
    tokensFile: environment.SOPHIA_MCP_TOKENS_FILE,
  });
  const stop = () => {
    serving.close(environment.SOPHIA_MCP_SHUTDOWN_GRACE).then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}
