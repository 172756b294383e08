import type { Rule } from "../../engine/rule.ts";
import { imagesOf } from "./images.ts";

export const noLatestTag: Rule = {
  name: "no-latest-tag",
  description: "Every image has a tag or a digest, and the tag is not latest.",
  severity: "high",
  why: "what runs would depend on when a node pulled the image, and a roll-back would not restore the earlier one",
  fix: "name an exact tag or a digest in components/core/versions.ts",
  evaluate: (subject) =>
    imagesOf(subject)
      .filter(({ tag, digest }) => digest === "" && (tag === "" || /^latest(?:$|-)/.test(tag)))
      .map(({ path, reference }) => ({ path, message: `image ${reference} has no fixed tag` })),
};
