// Pulumi loads a pack's entry through ts-node, which knows no imports that end in .ts. What a module imports, Node loads.
import { readExceptions, readSettings } from "./engine/files.ts";
import { startPack } from "./start.ts";

startPack("sophia-policies", readSettings(), readExceptions);
