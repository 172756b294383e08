import type { StackRule } from "../../engine/rule.ts";
import { keysIn } from "../secrets/noHardCodedKeys.ts";

/** The stack itself, whose properties are its outputs. */
export const isStack = ({ type }: { type: string }): boolean => type === "pulumi:pulumi:Stack";

export const secretOutputs: StackRule = {
  name: "secret-outputs",
  description: "No output of the stack holds a key, unless Pulumi knows that it is secret.",
  severity: "critical",
  why: "outputs are shown after every update, in every log of it, and to every stack that refers to this one",
  fix: "wrap the output in pulumi.secret",
  aboutSecrets: true,
  evaluate: (subjects) =>
    subjects
      .filter(isStack)
      .flatMap(({ props }) =>
        keysIn(props).map(({ path, message }) => ({ resource: `output ${path}`, message })),
      ),
};
