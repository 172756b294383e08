import { z } from "zod";

const diffKind = z.string();
const metadataSchema = z.looseObject({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  keys: z.array(z.string()).nullish(),
  diffs: z.array(z.string()).nullish(),
  detailedDiff: z.record(z.string(), z.looseObject({ diffKind })).nullish(),
});
const eventSchema = z.looseObject({
  resourcePreEvent: z.looseObject({ metadata: metadataSchema }).optional(),
  resOutputsEvent: z.looseObject({ metadata: metadataSchema }).optional(),
  resOpFailedEvent: z.looseObject({ metadata: metadataSchema }).optional(),
  diagnosticEvent: z
    .looseObject({
      severity: z.string(),
      message: z.string(),
      urn: z.string().optional(),
      ephemeral: z.boolean().optional(),
    })
    .optional(),
  policyEvent: z
    .looseObject({ message: z.string(), policyName: z.string(), enforcementLevel: z.string() })
    .optional(),
});
export type EngineEvent = z.infer<typeof eventSchema>;

/** One step of the engine. */
export interface Step {
  /** `create`, `update`, `delete`, `create-replacement`, `delete-replaced`, `replace`, `refresh` … */
  op: string;
  urn: string;
  /** Last part of the URN. */
  name: string;
  type: string;
  /** Properties that force a replacement. */
  keys: string[];
  /** Properties that differ. */
  diffs: string[];
  /** Kind of difference by property path, as the plugin told it. */
  detailedDiff: Record<string, string>;
}

export interface Diagnostic {
  severity: string;
  message: string;
  urn?: string | undefined;
  ephemeral: boolean;
}

const uneventful = ["same", "read", "refresh"];

function step(metadata: z.infer<typeof metadataSchema>): Step {
  return {
    op: metadata.op,
    urn: metadata.urn,
    name: metadata.urn.split("::").at(-1) ?? "",
    type: metadata.type,
    keys: metadata.keys ?? [],
    diffs: metadata.diffs ?? [],
    detailedDiff: Object.fromEntries(
      Object.entries(metadata.detailedDiff ?? {}).map(([path, { diffKind }]) => [path, diffKind]),
    ),
  };
}

/** Reads an event log: one JSON object a line. */
export function parseEvents(text: string) {
  const events = text
    .split("\n")
    .filter(Boolean)
    .map((line) => eventSchema.parse(JSON.parse(line)));
  return {
    events,
    steps: events.flatMap(({ resourcePreEvent: pre }) =>
      pre && !uneventful.includes(pre.metadata.op) ? [step(pre.metadata)] : [],
    ),
    diagnostics: events.flatMap(({ diagnosticEvent: event }): Diagnostic[] =>
      event && event.severity !== "debug"
        ? [{ ...event, urn: event.urn, ephemeral: event.ephemeral ?? false }]
        : [],
    ),
  };
}

/** `create a`, `delete b`: short enough to compare with a list. The stack itself and its providers are left out. */
export const brief = (steps: Step[]): string[] =>
  steps
    .filter(({ type }) => !/^pulumi:(pulumi|providers):/.test(type))
    .map(({ op, name }) => `${op} ${name}`);
