import { exitWithEngine } from "./rpc/exitWithEngine.ts";

/**
 * Ends a plugin that does not watch the engine itself, such as the SDK's dynamic provider and policy packs: loaded before
 * the plugin's own program. Without it, the processes of a killed CLI stay for ever.
 *
 * It ends at once, also in the middle of an operation, as if it had been killed with the CLI. Nobody would record what it
 * still did, and it would do it beside the next update.
 */
// The engine passes its address as an argument. The others are options and folders.
const engine = process.argv.slice(2).find((argument) => /^[\w.[\]:-]+:\d+$/.test(argument));
if (engine) exitWithEngine(engine, () => process.exit(1));
