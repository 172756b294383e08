import { readSettings } from "../../../../policies/engine/files.ts";
import { manifestSubjects } from "../../../../policies/engine/subjects.ts";
import { rules } from "../../../../policies/rules/index.ts";
import { stackRules } from "../../../../policies/rules/stack/index.ts";
import type { Tool } from "./tool.ts";

/** The pack of this repository, as it evaluates the objects of a Helm release in production. */
export const ours: Tool = {
  name: "this pack",
  async judge(manifests) {
    const context = { stack: "prod", settings: readSettings(), config: {} };
    return new Map(
      manifests.map(({ id, objects }) => {
        const subjects = manifestSubjects("release", objects);
        const faults = subjects.flatMap((subject) =>
          rules.flatMap((rule) =>
            rule.evaluate(subject, context).map(({ path, message }) => `${rule.name} ${path} ${message}`),
          ),
        );
        const whole = stackRules.flatMap((rule) =>
          rule.evaluate(subjects).map(({ resource, message }) => `${rule.name} ${resource} ${message}`),
        );
        return [id, [...faults, ...whole]];
      }),
    );
  },
};
