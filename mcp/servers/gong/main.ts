import { environmentSchema } from "../../../components/settings/environment/variables/index.ts";
import { main } from "../kit/main.ts";
import { secretFile } from "../kit/secret.ts";
import { gongApi } from "./api.ts";
import { gongTools } from "./tools.ts";

await main({
  name: "gong",
  version: "0.1.0",
  instructions:
    "Reads calls, transcripts and users of Gong. Private calls are left out; they are read in Gong only.",
  environment: environmentSchema("mcp/gong"),
  make: (environment) => ({
    tools: gongTools(
      gongApi({
        url: environment.SOPHIA_GONG_API_URL,
        accessKey: secretFile(environment.SOPHIA_GONG_ACCESS_KEY_FILE, "gongAccessKey"),
        accessKeySecret: secretFile(environment.SOPHIA_GONG_ACCESS_KEY_SECRET_FILE, "gongAccessKeySecret"),
        requestsPerSecond: environment.SOPHIA_GONG_REQUESTS_PER_SECOND,
        requestsPerDay: environment.SOPHIA_GONG_REQUESTS_PER_DAY,
      }),
    ),
  }),
});
