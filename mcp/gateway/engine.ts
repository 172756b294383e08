import type { Engine } from "./backend.ts";
import { vmcp } from "./vmcp.ts";

/** The program that federates, for all parts of the platform that know the gateway. */
export const engine: Engine = vmcp;
