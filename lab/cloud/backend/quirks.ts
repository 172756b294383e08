import { z } from "zod";

/** Behaviour of the real API that nobody has verified, or that reports contradict each other about. */
export const quirks = z.strictObject({
  /** Code with which a second SSH key of one name is refused. */
  duplicateKeyCode: z.enum(["global/invalid-parameters", "global/duplicate"]),
  /** Code with which deleting an SSH key in use is refused. The text was observed at the real API, the code was not. */
  keyInUseCode: z.enum(["global/invalid-parameters", "ssh-keys/key-in-use"]),
  /** HTTP status when a launch names something that does not exist: documented as both. */
  launchMissingStatus: z.union([z.literal(400), z.literal(404)]),
  /** Terminate before `actions.terminate.available`: refused with 400, or 200 without the id, or done all the same. */
  earlyTerminate: z.enum(["refuse", "omit", "accept"]),
  /** Fields that the live API adds to the document: is_reserved, workspace_id, architecture, first_healthy. */
  undeclaredFields: z.boolean(),
  /** `private_ip` may be missing on an active instance. */
  privateIp: z.boolean(),
});
export type Quirks = z.infer<typeof quirks>;

export const defaultQuirks: Quirks = {
  duplicateKeyCode: "global/invalid-parameters",
  keyInUseCode: "global/invalid-parameters",
  launchMissingStatus: 404,
  earlyTerminate: "refuse",
  undeclaredFields: true,
  privateIp: true,
};
