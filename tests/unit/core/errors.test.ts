import { expect, test } from "vitest";
import { causeOf, messageOf } from "../../../components/core/errors.ts";

test("the reason of a failed request is that of its cause, where it has one", () => {
  const refused = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 192.0.2.1:443") });
  expect(messageOf(refused)).toBe("fetch failed");
  expect(causeOf(refused)).toBe("connect ECONNREFUSED 192.0.2.1:443");
  expect(causeOf(new Error("alone"))).toBe("alone");
  expect(causeOf("thrown as text")).toBe("thrown as text");
});
