import { readFileSync } from "node:fs";
import { z } from "zod";
import { environmentSchema } from "../../../components/settings/environment/variables/index.ts";
import { apiKeyFrom } from "../kit/lambda.ts";
import { main } from "../kit/main.ts";
import { inCluster } from "./kubernetes.ts";
import { rentedInstances } from "./lambda.ts";
import { infrastructureTools } from "./tools.ts";

await main({
  name: "sophia_infrastructure",
  version: "0.1.0",
  instructions: "Shows what the platform runs on: hosts, Kubernetes nodes and pods, rented GPU instances.",
  environment: environmentSchema("mcp/sophia_infrastructure"),
  make: (environment) => ({
    tools: infrastructureTools({
      hosts: async () =>
        z.array(z.unknown()).parse(JSON.parse(readFileSync(environment.SOPHIA_HOSTS_FILE, "utf8"))),
      kubernetes: inCluster({
        url: `https://${environment.KUBERNETES_SERVICE_HOST}:${environment.KUBERNETES_SERVICE_PORT}`,
        credentials: environment.SOPHIA_KUBERNETES_CREDENTIALS,
      }),
      instances: rentedInstances({
        apiUrl: environment.SOPHIA_LAMBDA_API_URL,
        apiKey: apiKeyFrom(environment.SOPHIA_LAMBDA_API_KEY_FILE),
        requestsPerSecond: environment.SOPHIA_LAMBDA_REQUESTS_PER_SECOND,
      }),
    }),
  }),
});
