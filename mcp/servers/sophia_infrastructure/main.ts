import { readFileSync } from "node:fs";
import { z } from "zod";
import { main } from "../kit/main.ts";
import { inCluster } from "./kubernetes.ts";
import { rentedInstances } from "./lambda.ts";
import { infrastructureTools } from "./tools.ts";

await main({
  name: "sophia_infrastructure",
  version: "0.1.0",
  instructions: "Shows what the platform runs on: hosts, Kubernetes nodes and pods, rented GPU instances.",
  environment: z.object({
    /** JSON file with the stack's hosts. */
    HOSTS_FILE: z.string().min(1),
    KUBERNETES_SERVICE_HOST: z.string().min(1),
    KUBERNETES_SERVICE_PORT: z.coerce.number().int(),
    /** Folder with the service account's token and CA. */
    KUBERNETES_CREDENTIALS: z.string().default("/var/run/secrets/kubernetes.io/serviceaccount"),
    /** Base URL of the Lambda Cloud API. */
    LAMBDA_API_URL: z.url(),
    /** File with the API key. */
    LAMBDA_API_KEY_FILE: z.string().min(1),
    /** Share of the account's requests; Lambda allows one a second for everyone. */
    LAMBDA_REQUESTS_PER_SECOND: z.coerce.number().positive().default(0.5),
  }),
  make: (environment) => ({
    tools: infrastructureTools({
      hosts: async () => z.array(z.unknown()).parse(JSON.parse(readFileSync(environment.HOSTS_FILE, "utf8"))),
      kubernetes: inCluster({
        url: `https://${environment.KUBERNETES_SERVICE_HOST}:${environment.KUBERNETES_SERVICE_PORT}`,
        credentials: environment.KUBERNETES_CREDENTIALS,
      }),
      instances: rentedInstances({
        apiUrl: environment.LAMBDA_API_URL,
        apiKey: () => readFileSync(environment.LAMBDA_API_KEY_FILE, "utf8").trim(),
        requestsPerSecond: environment.LAMBDA_REQUESTS_PER_SECOND,
      }),
    }),
  }),
});
