import { environmentSchema } from "../../../components/settings/environment/variables/index.ts";
import { main } from "../kit/main.ts";
import { secretFile } from "../kit/secret.ts";
import { inferenceApi } from "./api.ts";
import { inferenceTools } from "./tools.ts";

await main({
  name: "sophia_ai_intelligence",
  version: "0.1.0",
  instructions: "Asks the platform's language models: chat, embeddings, and ranking texts by meaning.",
  environment: environmentSchema("mcp/sophia_ai_intelligence"),
  make: (environment) => ({
    tools: inferenceTools({
      api: inferenceApi({
        url: environment.SOPHIA_INFERENCE_API_URL,
        apiKey: secretFile(environment.SOPHIA_INFERENCE_API_KEY_FILE, "lambdaInferenceApiKey"),
        timeout: environment.SOPHIA_INFERENCE_TIMEOUT,
      }),
      chatModel: environment.SOPHIA_INFERENCE_CHAT_MODEL,
      embeddingModel: environment.SOPHIA_INFERENCE_EMBEDDING_MODEL,
      maxTokens: environment.SOPHIA_INFERENCE_MAX_TOKENS,
      timeout: environment.SOPHIA_INFERENCE_TIMEOUT,
    }),
  }),
});
