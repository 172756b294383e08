import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readEvents, typesOf } from "../comment/events.ts";
import { type Program, pulumi } from "./program.ts";

/** Types of the components that the program registers, found by a preview without policies. */
export async function components(program: Program): Promise<Set<string>> {
  const log = join(tmpdir(), `sophia-components-${process.pid}-${performance.now()}.json`);
  try {
    await pulumi(program, ["preview", ...program.configuration, "--event-log", log], {
      env: { PULUMI_DEBUG_COMMANDS: "true" },
    });
    const events = readEvents(await readFile(log, "utf8"));
    const types = events.flatMap(({ resourcePreEvent: step }) =>
      step?.metadata.new ? typesOf(step.metadata.urn) : [],
    );
    return new Set(types);
  } finally {
    await rm(log, { force: true });
  }
}
