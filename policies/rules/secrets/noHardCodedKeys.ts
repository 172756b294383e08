import { detect, stringsOf } from "../../detector/detect.ts";
import type { Fault, Rule } from "../../engine/rule.ts";
import { visible } from "../../engine/values.ts";

export const noHardCodedKeys: Rule = {
  name: "no-hard-coded-keys",
  description: "No input of a resource holds a key, unless Pulumi knows that it is secret.",
  severity: "critical",
  why: "what stands in an input is in the state, in logs and in the pull request in the clear, for everyone who can read one of them",
  fix: "treat the key as compromised and revoke it; put the new one into the stack's ESC environment and read it as a Pulumi secret (pulumi.secret keeps it one)",
  aboutSecrets: true,
  evaluate: ({ props }) => keysIn(props),
};

/** Keys in the clear in a value, by where they are. Pure. */
export function keysIn(value: unknown): Fault[] {
  const faults = [...stringsOf(visible(value))].flatMap(({ path, name, text }) =>
    detect(text, name).map(({ format, inside }) => ({
      path,
      message: `holds what looks like a key (${format}${inside.length > 0 ? `, inside ${inside.join(" in ")}` : ""})`,
    })),
  );
  // One format at one place is one fault, however often it is there.
  return [...new Map(faults.map((fault) => [`${fault.path} ${fault.message}`, fault])).values()];
}
