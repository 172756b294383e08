import { environmentSchema } from "../../../components/settings/environment/variables/index.ts";
import { main } from "../kit/main.ts";
import { databaseOf } from "../kit/postgres/environment.ts";
import { dataTools } from "./tools.ts";

await main({
  name: "sophia_data_intelligence",
  version: "0.1.0",
  instructions:
    "Shows how the data pipeline is doing (status, quality, freshness, syncs, errors), what tables there are, and answers read-only SQL over staging.",
  environment: environmentSchema("mcp/sophia_data_intelligence"),
  make: (environment) => ({ tools: dataTools(databaseOf(environment, "sophia_data_intelligence")) }),
});
