import { z } from "zod";

/** Ids have up to 20 digits, more than a number holds: Gong sends them as texts, and a number would be a wrong one. */
const id = z.string();
const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

/** Position in a list: no cursor on the last page. */
const records = z.object({ cursor: optional(z.string()), totalRecords: optional(z.number()) });

const call = z.object({
  id,
  title: optional(z.string()),
  started: optional(z.string()),
  /** Seconds. */
  duration: optional(z.number()),
  primaryUserId: optional(id),
  direction: optional(z.string()),
  scope: optional(z.string()),
  language: optional(z.string()),
  purpose: optional(z.string()),
  url: optional(z.string()),
  isPrivate: optional(z.boolean()),
});
export type WireCall = z.infer<typeof call>;

const party = z.object({
  userId: optional(id),
  emailAddress: optional(z.string()),
  name: optional(z.string()),
  title: optional(z.string()),
  affiliation: optional(z.string()),
  speakerId: optional(id),
});
export type WireParty = z.infer<typeof party>;

const crmObject = z.object({
  objectType: optional(z.string()),
  objectId: optional(z.string()),
  fields: optional(z.array(z.object({ name: z.string(), value: z.unknown() }))),
});

const named = z.object({ name: z.string(), duration: optional(z.number()), count: optional(z.number()) });

const extensive = z.object({
  metaData: call,
  parties: optional(z.array(party)),
  context: optional(
    z.array(z.object({ system: optional(z.string()), objects: optional(z.array(crmObject)) })),
  ),
  content: optional(
    z.object({
      topics: optional(z.array(named)),
      trackers: optional(z.array(named)),
      brief: optional(z.string()),
      keyPoints: optional(z.array(z.object({ text: z.string() }))),
    }),
  ),
});
export type WireExtensive = z.infer<typeof extensive>;

const user = z.object({
  id,
  emailAddress: optional(z.string()),
  firstName: optional(z.string()),
  lastName: optional(z.string()),
  title: optional(z.string()),
  active: optional(z.boolean()),
  managerId: optional(id),
});

const transcript = z.object({
  callId: id,
  transcript: optional(
    z.array(
      z.object({
        speakerId: optional(id),
        topic: optional(z.string()),
        /** Times are milliseconds from the call's start. */
        sentences: z.array(z.object({ start: z.number(), text: z.string() })),
      }),
    ),
  ),
});
export type WireTranscript = z.infer<typeof transcript>;

export const pageOfCalls = z.object({ calls: z.array(call), records: optional(records) });
export const pageOfExtensive = z.object({ calls: z.array(extensive), records: optional(records) });
export const pageOfUsers = z.object({ users: z.array(user), records: optional(records) });
export const pageOfTranscripts = z.object({
  callTranscripts: z.array(transcript),
  records: optional(records),
});

/** Gong's error response. */
export const refusal = z.object({ errors: z.array(z.string()).min(1) });
