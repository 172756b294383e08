import { EngineLog } from "../../rpc/engine.ts";
import { serve } from "../../rpc/serve.ts";
import { handlers, serviceDefinition } from "./handlers.ts";
import type { Provider } from "./provider.ts";

/**
 * Serves a provider as the plugin process that the engine started.
 *
 * @param provider The provider, or a function that makes it from the engine's log.
 */
export async function serveProvider(provider: Provider | ((log: EngineLog) => Provider)): Promise<void> {
  // The engine passes its address as the first argument that is not an option.
  const engine = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
  const log = new EngineLog(engine);
  const served = typeof provider === "function" ? provider(log) : provider;
  const stopped = new AbortController();
  stopped.signal.addEventListener("abort", () => served.cancel?.());
  await serve({
    service: serviceDefinition(),
    implementation: handlers(served, { log, stopped }),
    engine,
    onStop: () => stopped.abort(new Error("the engine has ended")),
  });
}
