import { parseArgs } from "node:util";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { enginePrograms, ownNamespace } from "./programs.ts";

// Starts an engine and fails, as a test does that finds something wrong.
const { values } = parseArgs({ options: { folder: { type: "string" } } });
await ensureEngine(`${values.folder}/lab`);
const namespace = await ownNamespace();
throw new Error(`failed in ${namespace} beside ${await enginePrograms(namespace)}`);
