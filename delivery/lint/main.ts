/**
 * Checks the workflows under `.github`: `node delivery/lint/main.ts`. Ends with 1 when a tool reports a fault. A tool that
 * cannot be installed is a failure in CI (`CI=true`), and a warning elsewhere.
 */
import { argumentsOf } from "../../tools/commandLine.ts";
import { judge, tools } from "./tools.ts";

argumentsOf({ options: {} }, "usage: node delivery/lint/main.ts");

let failed = false;
for (const tool of tools) {
  const verdict = await judge(tool);
  if (verdict.kind === "clean") continue;
  if (verdict.kind === "faults") process.stderr.write(`${verdict.tool}:\n${verdict.output}\n`);
  else
    process.stderr.write(
      `the workflows were not checked by ${verdict.tool}, which cannot be installed: ${verdict.because}\n`,
    );
  failed ||= verdict.kind === "faults" || process.env.CI === "true";
}
process.exitCode = failed ? 1 : 0;
