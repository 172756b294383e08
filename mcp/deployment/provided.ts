import * as pulumi from "@pulumi/pulumi";
import type { TurnLogin } from "../../components/services/postgres/index.ts";
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
    /** The servers' logins, which may only read: of two that take turns, the one in use. */
    logins: Readonly<Record<TurnLogin, { user: string; password: pulumi.Input<string> }>>;
    /** PEM of the authority of the server's certificate. */
    ca: pulumi.Input<string>;
  };
  redis: {
    host: pulumi.Input<string>;
    port: number;
    /** PEM of what its certificate is trusted by. */
    ca: pulumi.Input<string>;
    /** Password of the login `mcp`, which does not see the gateway's sessions. */
    password: pulumi.Input<string>;
  };
  /** Secrets that are set in the stack. */
  secrets: Partial<Record<AnySecretName, pulumi.Input<string>>>;
}

/** What each server that reads PostgreSQL logs in with. */
const serverLogins = {
  sophia_data_intelligence: "mcp_data",
  sophia_business_intelligence: "mcp_business",
  postgres: "mcp_postgres",
} as const satisfies Record<string, TurnLogin>;

const loginOf = (server: string): TurnLogin | undefined =>
  Object.entries(serverLogins).find(([name]) => name === server)?.[1];

/** How a server reaches PostgreSQL, by environment variable; nothing for one that does not. */
function postgresOf({ host, port, logins, ca }: Platform["postgres"], server: string): Provided {
  const login = loginOf(server);
  if (login === undefined) return { values: {}, secrets: {} };
  const { user, password } = logins[login];
  return {
    values: { SOPHIA_POSTGRES_HOST: host, SOPHIA_POSTGRES_USER: user },
    secrets: {
      SOPHIA_POSTGRES_PASSWORD_FILE: password,
      SOPHIA_POSTGRES_CA_FILE: ca,
      // Its network policy allows the database only, and the login may only read.
      DSN: pulumi.secret(
        pulumi.interpolate`postgres://${user}:${password}@${host}:${port}/sophia_staging?sslmode=require`,
      ),
    },
  };
}

/** Values for an MCP server, by environment variable. */
export function provide(
  { lambdaApiUrl, gongApiUrl, postgres, redis, secrets }: Platform,
  server: string,
): Provided {
  const database = postgresOf(postgres, server);
  const given = Object.entries(variables as Record<string, Variable>).flatMap(([name, { secret, setBy }]) => {
    const value = secret !== undefined && setBy === "program" ? secrets[secret] : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    values: {
      SOPHIA_LAMBDA_API_URL: lambdaApiUrl,
      SOPHIA_GONG_API_URL: gongApiUrl,
      ...database.values,
      SOPHIA_REDIS_URL: pulumi.interpolate`rediss://${redis.host}:${redis.port}`,
    },
    secrets: {
      ...Object.fromEntries(given),
      ...database.secrets,
      SOPHIA_REDIS_PASSWORD_FILE: redis.password,
      SOPHIA_REDIS_CA_FILE: redis.ca,
    },
  };
}
