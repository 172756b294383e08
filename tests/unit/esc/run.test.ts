import { expect, test } from "vitest";
import { runProgram } from "../../../esc/uses/run.ts";

test("a program that fails is told with the stack's name and its own message, and leaves this process as it is", async () => {
  const before = { ...process.env };
  const config = { "sophia-infra:lambda": "{}" };
  await expect(runProgram({ stack: "dev", configurations: [config] }, [])).rejects.toThrow(
    /the program of stack dev ended with 1:[\s\S]*settings? of stack dev cannot be used/,
  );
  expect(process.env).toEqual(before);
});
