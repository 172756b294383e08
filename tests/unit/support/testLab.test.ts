import { expect, test } from "vitest";
import { testLab } from "../../support/run/testLab.ts";

test("a test run never has the lab that a person works with and has exported", () => {
  const named = (LAB?: string) => testLab({ LAB, LAB_ROOT: "/labs" }, "test-17").folder;
  expect([undefined, "", "mine", "local", "test"].map(named)).toEqual(Array(5).fill("/labs/test-17"));
  expect(named("test-given")).toBe("/labs/test-given");
});
