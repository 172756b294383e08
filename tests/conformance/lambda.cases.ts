import { accountWide } from "./cases/accountWide.ts";
import type { Case } from "./cases/case.ts";
import { free } from "./cases/free.ts";
import { reads } from "./cases/reads.ts";
import { spend } from "./cases/spend.ts";

export type { Bench } from "./cases/case.ts";

/** What holds for Lambda's API wherever it is: each case runs on the emulator and, as far as its cost allows, for real. */
export const cases: readonly Case[] = [...reads, ...free, ...accountWide, ...spend];
