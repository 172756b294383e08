import { environmentSchema } from "../../../components/settings/environment/variables/index.ts";
import { main } from "../kit/main.ts";
import { databaseOf } from "../kit/postgres/environment.ts";
import { businessTools } from "./tools.ts";

await main({
  name: "sophia_business_intelligence",
  version: "0.1.0",
  instructions:
    "Answers a manager's questions about deals and contacts (HubSpot), calls (Gong) and activity (Slack) from the staging tables. Private calls are never shown.",
  environment: environmentSchema("mcp/sophia_business_intelligence"),
  make: (environment) => ({
    tools: businessTools(databaseOf(environment, "sophia_business_intelligence")),
  }),
});
