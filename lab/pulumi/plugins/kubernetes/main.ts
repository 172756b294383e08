import { EngineLog } from "../../rpc/engine.ts";
import { serve } from "../../rpc/serve.ts";
import { pluginVersion } from "../../versions.ts";
import { KubernetesProvider } from "./provider/provider.ts";
import { toEngine } from "./rpc/log.ts";
import { handlers, serviceDefinition } from "./rpc/server.ts";

/** Started by the engine with its address as the first plain argument. */
const engine = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
const provider = new KubernetesProvider(pluginVersion("kubernetes"), toEngine(new EngineLog(engine)));

await serve({
  service: serviceDefinition(),
  implementation: handlers(provider),
  engine,
  onStop: () => provider.cancel(),
});
