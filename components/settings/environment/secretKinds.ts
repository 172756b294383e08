import { z } from "zod";
import type { ConsumerName } from "./consumers.ts";

/** How often a secret is replaced, and by what. */
export interface Rotation {
  /**
   * `rotator`: ESC, by the rotator named in `how`. `reminder`: a person, reminded by `make rotation`, because ESC has no
   * rotator for it. `setting`: the program made it, and makes another one for another setting.
   */
  by: "rotator" | "reminder" | "setting";
  /** Days after which it is overdue. S2 asks for 30; another number says why in `why`. */
  days: number;
  why?: string;
  /** Name of the rotator, or what the person does. */
  how: string;
}

/** One secret of the platform. Its name is its configuration key: `sophia-infra:<name>`. */
export interface Secret {
  about: string;
  /** `company`: one for all stages, in `sophia/base-secrets`. `stage`: one for each, in `sophia/<stage>-secrets`. */
  scope: "company" | "stage";
  /** Where its value lies in that environment. */
  path: `${string}.${string}`;
  /** Without a required one the program does not start; without another one its consumer is left out. */
  required: boolean;
  format: z.ZodType<string>;
  /** Parts of the Pulumi program that read it. Services that do are in `variables/`. */
  usedBy: readonly ConsumerName[];
  /** Where a new one comes from. */
  obtain: string;
  rotation: Rotation;
}

/** A token; a line break that slipped in at its end would break the header it is sent in. */
export const text = z
  .string()
  .regex(/^\S(.*\S)?$/, "must not be empty, nor begin or end with blanks or a line break");
export const privateKey = z.string().includes("PRIVATE KEY", { error: "must be a PEM private key" });
/** A rotation by hand every 30 days. @param how what to do, for the reminder */
export const monthly = (how: string): Rotation => ({ by: "reminder", days: 30, how });
export const twoKeys = "Make a second one there, put it into ESC, update the stacks, then delete the first.";

/** A vendor's token for one MCP server or the pipeline; without it that part stays switched off. */
export const vendor = (
  about: string,
  path: Secret["path"],
  obtain: string,
  usedBy: readonly ConsumerName[] = [],
) =>
  ({
    about,
    scope: "company",
    path,
    required: false,
    format: text,
    usedBy,
    obtain,
    rotation: monthly(twoKeys),
  }) as const;
