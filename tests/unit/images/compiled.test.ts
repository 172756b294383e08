import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../../tools/exec.ts";
import { repository } from "../../../tools/repository.ts";

/** The step of the image that starts each program, so that Node.js stores what it compiled. */
function step(): string {
  const text = readFileSync(join(repository, "images/mcp-server/Dockerfile"), "utf8");
  const [, found] = /^RUN (if test "\$\{TARGETARCH\}"(?:.*\\\n)*.*)$/m.exec(text) ?? [];
  if (found === undefined) throw new Error("the Dockerfile has no such step");
  return found;
}

/** Runs the step over these programs, by server, in a folder instead of the image. */
function compile(programs: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "step-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries({ ...programs, check: "process.exitCode = 78;" })) {
    const place = join(folder, name === "check" ? "app/mcp/check" : `app/mcp/servers/${name}`);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "main.ts"), text);
  }
  mkdirSync(join(folder, "compiled"));
  const here = step().replaceAll("/app/", `${folder}/app/`).replaceAll("/compiled", `${folder}/compiled`);
  return run("sh", ["-c", here], {
    env: { PATH: process.env.PATH ?? "", TARGETARCH: "amd64", BUILDARCH: "amd64" },
    allowFailure: true,
  });
}

const good = "process.exitCode = 78;";

test("W4 the MCP servers' image is built where each program asks for its environment", async () => {
  // The frame of all servers is no program: by itself it does nothing.
  const programs = { kit: "export const main = 1;", one: good, two: good };
  expect(await compile(programs)).toMatchObject({ code: 0, stderr: "" });
});

test.each([
  [
    "a module that is not there",
    'import "./missing.ts";',
    /servers\/two\/main\.ts ended with 1, .*ERR_MODULE_NOT_FOUND/s,
  ],
  ["an end as if all were well", "process.exitCode = 0;", /servers\/two\/main\.ts ended with 0, /],
])("W4 %s fails the build of the MCP servers' image, by name", async (_what, text, message) => {
  const { code, stderr } = await compile({ one: good, two: text, zero: good });
  expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
});
