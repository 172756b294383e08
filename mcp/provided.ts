import * as pulumi from "@pulumi/pulumi";
import type { AnySecretName } from "../components/settings/environment/secrets.ts";
import { type Variable, variables } from "../components/settings/environment/variables.ts";
import type { Provided } from "./environment.ts";

/** The platform's own services, as its servers reach them. */
export interface Platform {
  lambdaApiUrl: string;
  /** The account's own, from `pipeline.gong`. */
  gongApiUrl: string;
  postgres: {
    host: pulumi.Input<string>;
    port: number;
    /** Of the login `mcp`, which reads. */
    password: pulumi.Input<string>;
    /** PEM of the authority that signed the server's certificate. */
    ca: pulumi.Input<string>;
  };
  redis: { host: pulumi.Input<string>; port: number; password: pulumi.Input<string> };
  /** Those that the stack has. */
  secrets: Partial<Record<AnySecretName, pulumi.Input<string>>>;
}

/** What the platform has for its MCP servers, by environment variable. */
export function provide({ lambdaApiUrl, gongApiUrl, postgres, redis, secrets }: Platform): Provided {
  const given = Object.entries(variables as Record<string, Variable>).flatMap(([name, { secret, setBy }]) => {
    const value = secret !== undefined && setBy === "program" ? secrets[secret] : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    values: {
      SOPHIA_LAMBDA_API_URL: lambdaApiUrl,
      SOPHIA_GONG_API_URL: gongApiUrl,
      SOPHIA_POSTGRES_HOST: postgres.host,
      SOPHIA_REDIS_URL: pulumi.interpolate`redis://${redis.host}:${redis.port}`,
    },
    secrets: {
      ...Object.fromEntries(given),
      SOPHIA_POSTGRES_PASSWORD_FILE: postgres.password,
      SOPHIA_POSTGRES_CA_FILE: postgres.ca,
      SOPHIA_REDIS_PASSWORD_FILE: redis.password,
      // The walls let the server out to the database alone, and the login may only read.
      DSN: pulumi.secret(
        pulumi.interpolate`postgres://mcp:${postgres.password}@${postgres.host}:${postgres.port}/sophia_staging?sslmode=require`,
      ),
    },
  };
}
