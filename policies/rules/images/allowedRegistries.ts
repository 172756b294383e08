import type { Rule } from "../../engine/rule.ts";
import { imagesOf } from "./images.ts";

const covers = (allowed: string, repository: string): boolean =>
  allowed.endsWith("/") ? repository.startsWith(allowed) : repository === allowed;

export const allowedRegistries: Rule = {
  name: "allowed-registries",
  description: "Images come from registries that the project has chosen.",
  severity: "high",
  why: "an image from another registry runs unreviewed code with access to our network and secrets",
  fix: "use an image of one of the registries in policies/settings.yaml, or have the new one reviewed and add it there",
  evaluate: (subject, { settings }) =>
    imagesOf(subject)
      .filter(({ repository }) => !settings.registries.some((allowed) => covers(allowed, repository)))
      .map(({ path, repository }) => ({
        path,
        message: `image ${repository} is from none of ${settings.registries.join(", ")}`,
      })),
};
