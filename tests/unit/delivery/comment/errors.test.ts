import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { readableError, undeliveredErrors } from "../../../../delivery/comment/errors.ts";

/** What Node prints for the error that a program throws, as Pulumi's language host passes it on. */
function thrown(program: string): string {
  const code = `const run = () => { ${program} }; try { run(); } catch (error) { console.log(require("util").inspect(error)); }`;
  return spawnSync(process.execPath, ["-e", code], { encoding: "utf8" }).stdout;
}

test("C1 a program's error is shown without frames, inspected properties and marks of circular objects", () => {
  const said = thrown(
    'const e = new Error("the stack costs too much:\\n  host a: $1\\nraise the budget"); e.promise = Promise.reject(e); e.promise.catch(() => {}); throw e;',
  );
  expect(said).toMatch(/<ref \*1> Error: .*\n {4}at .*Promise \{/s);
  expect(readableError(`Running program 'index.ts' failed:\n${said}`).trim()).toBe(
    "Running program 'index.ts' failed:\nError: the stack costs too much:\n  host a: $1\nraise the budget",
  );
});

test("C1 the messages of an error's causes stay", () => {
  const said = thrown(
    'throw Object.assign(new Error("no kubeconfig", { cause: new Error("10.0.0.1 refused\\nthe connection", { cause: new TypeError("reset") }) }), { faults: [{ path: "a.b" }] });',
  );
  expect(said).toContain("faults: [");
  expect(readableError(said).trim().split("\n")).toEqual([
    "Error: no kubeconfig",
    "caused by: Error: 10.0.0.1 refused",
    expect.stringMatching(/^\s*the connection$/),
    "caused by: TypeError: reset",
  ]);
});

test("C1 lines that only look like frames stay: text about places, and braces of other languages", () => {
  const text =
    'image redis:latest\n  at spec.template.image: not fixed\nresource {\n  name = "a"\n}\n{"a": 1}';
  expect(readableError(text)).toBe(text);
  expect(readableError('error serializing property "a": error serializing property "b": no')).toBe("no");
});

test("C1 an error that the program could not report to the engine is taken from its standard error, others are not", () => {
  const printed = (text: string, severity: string) => [
    "failed to deliver log message. ",
    "error: Error: too dear",
    `original message: ${text}`,
    ` message severity: ${severity}`,
  ];
  const lines = [
    ...printed("servers stay off", "info"),
    ...printed("Running failed:\n\nError: too dear", "error"),
  ];
  expect(undeliveredErrors(lines.map((line) => `${line}\n\n`))).toEqual([
    "Running failed:\n\nError: too dear",
  ]);
  expect(undeliveredErrors(["a program that only prints\n\n"])).toEqual(["a program that only prints"]);
  expect(undeliveredErrors([])).toEqual([]);
});
