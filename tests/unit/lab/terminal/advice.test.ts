import { expect, test } from "vitest";
import { advice } from "../../../../lab/terminal/advice.ts";

const lab = { folder: "/labs/local", cache: "/labs/cache" };

test.each(["write /labs/cache/pulumi: no space left on device", "ENOSPC: no space left on device, write"])(
  "a full disk is told as such: %s",
  (message) => expect(advice(message, lab)).toContain("df -h /labs/local /labs/cache"),
);

test("other errors speak for themselves", () => {
  expect(advice("the API key was refused", lab)).toBeUndefined();
});
