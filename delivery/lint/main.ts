/**
 * Judges the workflows under `.github`: `node delivery/lint/main.ts`. Ends with 1 when a tool found something, and, in CI
 * (`CI=true`), also when a tool cannot be had; elsewhere that is told, and the others decide.
 */
import { judge, tools } from "./tools.ts";

let failed = false;
for (const tool of tools) {
  const verdict = await judge(tool);
  if (verdict.kind === "clean") continue;
  if (verdict.kind === "faults") process.stderr.write(`${verdict.tool}:\n${verdict.said}\n`);
  else process.stderr.write(`workflows were not judged by ${verdict.tool}: ${verdict.because}\n`);
  failed ||= verdict.kind === "faults" || process.env.CI === "true";
}
process.exitCode = failed ? 1 : 0;
