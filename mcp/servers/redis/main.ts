import { environmentSchema } from "../../../components/settings/environment/variables/index.ts";
import { jsonLog } from "../kit/log.ts";
import { main } from "../kit/main.ts";
import { secretFile } from "../kit/secret.ts";
import { openRedis } from "./connection.ts";
import { redisTools } from "./tools.ts";

await main({
  name: "redis",
  version: "0.1.0",
  instructions:
    "Reads Redis, the platform's cache: finds keys, shows values of every type, memory and statistics; sets and deletes single keys where that is allowed.",
  environment: environmentSchema("mcp/redis"),
  make: (environment) => ({
    tools: redisTools(
      openRedis({
        url: environment.SOPHIA_REDIS_URL,
        user: environment.SOPHIA_REDIS_USER,
        ...(environment.SOPHIA_REDIS_PASSWORD_FILE !== undefined && {
          password: secretFile(
            environment.SOPHIA_REDIS_PASSWORD_FILE,
            "password of Redis",
            "Update the stack: the program makes it.",
          ),
        }),
        caFile: environment.SOPHIA_REDIS_CA_FILE,
        log: jsonLog("redis"),
      }),
      environment.SOPHIA_REDIS_WRITABLE === "1",
    ),
  }),
});
