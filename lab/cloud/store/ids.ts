import { createHash } from "node:crypto";

/** Every id of the emulator begins so: a row of the lab is recognised at a glance and unknown to the paid API. */
const labIdPrefix = "1ab0";

const digest = (seed: string, kind: string, number: number | string) =>
  createHash("sha256").update(`${seed}:${kind}:${number}`).digest("hex");

/** 32 lower-case hex digits, repeatable from the seed. */
export const hexId = (seed: string, kind: string, number: number | string): string =>
  `${labIdPrefix}${digest(seed, kind, number).slice(0, 28)}`;

/** The same in the dashed form that Lambda uses for images. */
export const dashedId = (seed: string, kind: string, number: number | string): string =>
  hexId(seed, kind, number).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
