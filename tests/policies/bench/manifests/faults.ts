import type { Fault } from "./fault.ts";
import { objectFaults } from "./objectFaults.ts";
import { podFaults } from "./podFaults.ts";

/** Every kind of mistake that is tried; also those for which we have no rule. */
export const faults: Fault[] = [...podFaults, ...objectFaults];
