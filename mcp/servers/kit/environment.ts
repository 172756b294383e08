import type { z } from "zod";
import { environmentSchema } from "../../../components/settings/environment/variables/index.ts";

/** What every server of ours reads from its environment. */
export const baseEnvironment = environmentSchema("mcp-kit");

/** The environment cannot be used; the message names every variable that is missing or malformed. */
export class EnvironmentError extends Error {
  constructor(server: string, issues: z.core.$ZodIssue[]) {
    const lines = issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    super(`${server} cannot start, its environment is incomplete:\n${lines.join("\n")}`);
    this.name = "EnvironmentError";
  }
}

/** Reads and checks environment variables. @throws EnvironmentError */
export function readEnvironment<S extends z.ZodObject>(
  server: string,
  schema: S,
  environment: Record<string, string | undefined> = process.env,
): z.infer<typeof baseEnvironment> & z.infer<S> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = baseEnvironment.extend(schema.shape).safeParse(set, {
    error: ({ input, path: [name] = [] }) => {
      // A number that is not set is read as NaN, too.
      if (input === undefined || (Number.isNaN(input) && set[String(name)] === undefined))
        return "is not set";
      return Number.isNaN(input) ? "is not a number" : undefined;
    },
  });
  if (!result.success) throw new EnvironmentError(server, result.error.issues);
  return result.data as z.infer<typeof baseEnvironment> & z.infer<S>;
}
