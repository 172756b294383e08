import { readFileSync } from "node:fs";
import { z } from "zod";
import { environmentSchema } from "../../../components/settings/environment/variables/index.ts";
import { apiKeyFrom } from "../kit/lambda.ts";
import { main } from "../kit/main.ts";
import { rentalTools } from "./tools.ts";

/** Ids of the stack's own hosts; a host that is not there yet has none. */
const hosts = z.array(z.object({ id: z.string().optional() }));

await main({
  name: "lambda_labs_cli",
  version: "0.1.0",
  instructions:
    "Rents GPU machines at Lambda Cloud: shows instances, types, prices and free capacity; launching and terminating cost or lose something, and each call of them must be confirmed.",
  environment: environmentSchema("mcp/lambda_labs_cli"),
  make: (environment) => ({
    tools: rentalTools({
      account: {
        apiUrl: environment.SOPHIA_LAMBDA_API_URL,
        apiKey: apiKeyFrom(environment.SOPHIA_LAMBDA_API_KEY_FILE),
        requestsPerSecond: environment.SOPHIA_LAMBDA_REQUESTS_PER_SECOND,
      },
      changesAllowed: environment.SOPHIA_LAMBDA_CHANGES_ALLOWED === "1",
      ownHosts: () =>
        hosts
          .parse(JSON.parse(readFileSync(environment.SOPHIA_HOSTS_FILE, "utf8")))
          .flatMap(({ id }) => id ?? []),
    }),
  }),
});
