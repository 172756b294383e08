import { z } from "zod";
import { messageOf } from "../../components/core/errors.ts";

// The engine's event log (`--event-log`): one JSON object per line. Secrets are replaced by `[secret]` in resources, but not
// in debug messages. Fields that are not listed here are dropped, debug messages too, so plans and fixtures hold none.

const bag = z.record(z.string(), z.unknown());
const stateSchema = z.object({
  custom: z.boolean().optional(),
  inputs: bag.nullish(),
  outputs: bag.nullish(),
  retainOnDelete: z.boolean().optional(),
});
const metadataSchema = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  old: stateSchema.nullish(),
  new: stateSchema.nullish(),
  keys: z.array(z.string()).nullish(),
  diffs: z.array(z.string()).nullish(),
  detailedDiff: z.record(z.string(), z.object({ diffKind: z.string() })).nullish(),
});
const stepSchema = z.object({ metadata: metadataSchema });
const stackPoliciesSchema = z.object({
  policyPackName: z.string(),
  passed: z.array(z.string()).nullish(),
  failed: z.array(z.string()).nullish(),
});

export const eventSchema = z.object({
  preludeEvent: z.object({ config: z.record(z.string(), z.string()).nullish() }).optional(),
  resourcePreEvent: stepSchema.optional(),
  resOutputsEvent: stepSchema.optional(),
  diagnosticEvent: z
    .object({
      severity: z.string(),
      message: z.string(),
      urn: z.string().optional(),
      ephemeral: z.boolean().optional(),
    })
    .optional(),
  policyEvent: z
    .object({
      message: z.string(),
      policyName: z.string(),
      policyPackName: z.string(),
      enforcementLevel: z.string(),
      resourceUrn: z.string().optional(),
      severity: z.string().optional(),
    })
    .optional(),
  policyAnalyzeSummaryEvent: stackPoliciesSchema.optional(),
  policyAnalyzeStackSummaryEvent: stackPoliciesSchema.optional(),
  summaryEvent: z
    .object({
      resourceChanges: z.record(z.string(), z.number()).nullish(),
      PolicyPacks: z.record(z.string(), z.string()).nullish(),
      result: z.string().optional(),
    })
    .optional(),
});
export type EngineEvent = z.infer<typeof eventSchema>;
export type StepMetadata = z.infer<typeof metadataSchema>;

/**
 * Reads an event log.
 * @throws naming the invalid line. A truncated last line, as after a crash of the CLI, is ignored.
 */
export function readEvents(log: string): EngineEvent[] {
  const lines = log.split("\n");
  const whole = log.endsWith("\n") ? lines : lines.slice(0, -1);
  return whole.flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [eventSchema.parse(JSON.parse(line))];
    } catch (cause) {
      const reason = messageOf(cause);
      throw new Error(`line ${index + 1} of the event log is not an engine event: ${reason}`, { cause });
    }
  });
}

/** Name of the resource that a URN ends with. */
export const nameOf = (urn: string): string => urn.split("::").slice(3).join("::") || urn;

/** Types of the components around a resource and its own, outermost first. */
export const typesOf = (urn: string): string[] => (urn.split("::")[2] ?? "").split("$");
