import { readFileSync } from "node:fs";
import { z } from "zod";
import { messageOf } from "./errors.ts";

/** The environment cannot be used; the message names every variable that is missing or malformed. */
export class EnvironmentError extends Error {
  constructor(job: string, faults: string[]) {
    super(
      `${job} cannot start, its environment is incomplete:\n${faults.map((line) => `  ${line}`).join("\n")}`,
    );
    this.name = "EnvironmentError";
  }
}

/** Reads and checks environment variables; an empty one counts as not set. @throws EnvironmentError */
export function readEnvironment<S extends z.ZodObject>(
  job: string,
  schema: S,
  environment: NodeJS.ProcessEnv,
): z.infer<S> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const result = schema.safeParse(set, {
    error: ({ input, path: [name] = [] }) => {
      // A number that is not set is read as NaN, too.
      if (input === undefined || (Number.isNaN(input) && set[String(name)] === undefined))
        return "is not set";
      return Number.isNaN(input) ? "is not a number" : undefined;
    },
  });
  if (result.success) return result.data;
  throw new EnvironmentError(
    job,
    result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
  );
}

/**
 * Reads a mounted secret.
 *
 * @param secret its name, for the error
 * @throws EnvironmentError when it is not there, or empty
 */
export function readSecret(job: string, file: string, secret: string): string {
  let value: string;
  try {
    value = readFileSync(file, "utf8").trim();
  } catch (cause) {
    const reason = messageOf(cause);
    throw new EnvironmentError(job, [`the secret ${secret} cannot be read: ${reason}`]);
  }
  if (value === "") throw new EnvironmentError(job, [`the secret ${secret} is empty: ${file}`]);
  return value;
}

/** Where a job finds PostgreSQL. A job extends it with what it reads itself. */
export const postgresEnvironment = z.object({
  /** Host of PostgreSQL, as its certificate has it. */
  SOPHIA_POSTGRES_HOST: z.string().min(1),
  SOPHIA_POSTGRES_PORT: z.coerce.number().int().min(1).max(65535).default(5432),
  SOPHIA_POSTGRES_DATABASE: z.string().min(1).default("sophia_staging"),
  /** The job's own login. */
  SOPHIA_POSTGRES_USER: z.string().min(1),
  /** File with its password, which the program makes. */
  SOPHIA_POSTGRES_PASSWORD_FILE: z.string().min(1),
  /** `verify` checks the server's certificate; `off` sends everything in the clear. */
  SOPHIA_POSTGRES_TLS: z.enum(["verify", "off"]).default("verify"),
  /** File with the authority (PEM) that signed it. Default: the system's authorities. */
  SOPHIA_POSTGRES_CA_FILE: z.string().min(1).optional(),
});
export type PostgresEnvironment = z.infer<typeof postgresEnvironment>;
