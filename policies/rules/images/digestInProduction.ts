import { isListed, type Rule } from "../../engine/rule.ts";
import { imagesOf } from "./images.ts";

export const digestInProduction: Rule = {
  name: "digest-in-production",
  description: "In production every image is named by its digest.",
  severity: "high",
  why: "a tag can be moved by whoever can write to the registry, a digest cannot: what was tested is what runs",
  fix: "append @sha256:… of the tested image to its reference in components/core/versions.ts or in the stack file",
  judge: (subject, { stack, settings }) =>
    isListed(stack, settings.production)
      ? imagesOf(subject)
          .filter(({ digest }) => !/^sha256:[0-9a-f]{64}$/.test(digest))
          .map(({ path, reference }) => ({ path, message: `image ${reference} has no digest` }))
      : [],
};
