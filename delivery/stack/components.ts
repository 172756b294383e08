import { readFile } from "node:fs/promises";
import { readEvents, typesOf } from "../comment/events.ts";
import { withEventLog } from "./eventLog.ts";
import { type Program, pulumi } from "./program.ts";

/** Types of the components that the program registers, found by a preview without policies. */
export const components = (program: Program): Promise<Set<string>> =>
  withEventLog(async (log) => {
    await pulumi(program, ["preview", ...program.configuration, "--event-log", log], {
      env: { PULUMI_DEBUG_COMMANDS: "true" },
    });
    const events = readEvents(await readFile(log, "utf8"));
    const types = events.flatMap(({ resourcePreEvent: step }) =>
      step?.metadata.new ? typesOf(step.metadata.urn) : [],
    );
    return new Set(types);
  });
