import { isListed, type Rule } from "../../engine/rule.ts";
import { imagesOf } from "./images.ts";

/** SHA-256, but not one digit repeated: all zeros stand for a digest that was not looked up. */
const digestShape = /^sha256:(?!([0-9a-f])\1{63}$)[0-9a-f]{64}$/;

export const digestInProduction: Rule = {
  name: "digest-in-production",
  description: "In production every image is named by its digest.",
  severity: "high",
  why: "a tag can be moved by anyone who can write to the registry, a digest cannot: what was tested is what runs",
  fix: "append @sha256:… of the tested image to its reference in components/core/versions.ts or in the stack file",
  evaluate: (subject, { stack, settings }) =>
    isListed(stack, settings.production)
      ? imagesOf(subject)
          .filter(({ digest }) => !digestShape.test(digest))
          .map(({ path, reference, digest }) => ({
            path,
            message: `image ${reference} has ${digest === "" ? "no digest" : "no real digest"}`,
          }))
      : [],
};
