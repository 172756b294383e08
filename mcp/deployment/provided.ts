import * as pulumi from "@pulumi/pulumi";
import type { AnySecretName } from "../../components/settings/environment/secrets.ts";
import { variables } from "../../components/settings/environment/variables/index.ts";
import type { Variable } from "../../components/settings/environment/variables/variable.ts";
import type { Provided } from "./environment.ts";

/** The platform's services, as its MCP servers reach them. */
export interface Platform {
  lambdaApiUrl: string;
  /** From `pipeline.gong`: each account has its own. */
  gongApiUrl: string;
  postgres: {
    host: pulumi.Input<string>;
    port: number;
    /** Password of the read-only login `mcp`. */
    password: pulumi.Input<string>;
    /** PEM of the authority of the server's certificate. */
    ca: pulumi.Input<string>;
  };
  redis: {
    host: pulumi.Input<string>;
    port: number;
    /** Password of the login `mcp`, which does not see the gateway's sessions. */
    password: pulumi.Input<string>;
  };
  /** Secrets that are set in the stack. */
  secrets: Partial<Record<AnySecretName, pulumi.Input<string>>>;
}

/** Values for MCP servers, by environment variable. */
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
      // Its network policy allows the database only, and the login may only read.
      DSN: pulumi.secret(
        pulumi.interpolate`postgres://mcp:${postgres.password}@${postgres.host}:${postgres.port}/sophia_staging?sslmode=require`,
      ),
    },
  };
}
