import { z } from "zod";

/** Up to twenty digits, more than a number holds. */
const id = z.string().regex(/^\d{1,20}$/, "must be digits, as text");
const text = z.string().nullish();
const moment = z.iso.datetime({ offset: true });
const list = z.array(z.looseObject({})).nullish();

const crmObject = z.looseObject({
  objectType: z.string().min(1),
  objectId: z.string().min(1),
  fields: z.array(z.looseObject({ name: z.string() })).nullish(),
});

export type CrmObject = z.infer<typeof crmObject>;

/** A call of `/v2/calls/extensive`. Only what identifies it must be there; what is there must be as documented. */
export const wireCall = z.looseObject({
  metaData: z.looseObject({
    id,
    started: moment,
    title: text,
    url: text,
    scheduled: moment.nullish(),
    duration: z.int().nullish(),
    primaryUserId: text,
    direction: text,
    system: text,
    scope: text,
    media: text,
    language: text,
    workspaceId: text,
    purpose: text,
    isPrivate: z.boolean().nullish(),
  }),
  parties: list,
  context: z
    .array(z.looseObject({ system: z.string().min(1), objects: z.array(crmObject).nullish() }))
    .nullish(),
  content: z.looseObject({ topics: list }).nullish(),
});
export type WireCall = z.infer<typeof wireCall>;

export const wireTranscript = z.looseObject({
  callId: id,
  transcript: z.array(z.looseObject({ sentences: z.array(z.looseObject({ text: z.string() })) })),
});

export const wireUser = z.looseObject({
  id,
  emailAddress: text,
  created: moment.nullish(),
  active: z.boolean().nullish(),
  firstName: text,
  lastName: text,
  title: text,
  managerId: text,
  settings: z.looseObject({}).nullish(),
});
export type WireUser = z.infer<typeof wireUser>;

/** What every list has around it. The records are judged one by one. */
export const wirePage = z.looseObject({
  records: z.looseObject({ totalRecords: z.int().nullish(), cursor: z.string().nullish() }).nullish(),
});

export const refusal = z.looseObject({ errors: z.array(z.string()) });

const words = (names: string) => names.split(" ");

/** Fields that Gong documents, by where they are; any other one is new. */
export const documented = {
  gong_calls: {
    // The last one is not of this answer: it is the call's transcript as it came.
    "": words("metaData parties context content interaction collaboration media callTranscripts"),
    metaData: words(
      "id url title scheduled started duration primaryUserId direction system scope media language workspaceId sdrDisposition clientUniqueId customData purpose meetingUrl isPrivate calendarEventId",
    ),
    content: words(
      "structure topics trackers trackerOccurrences pointsOfInterest brief outline highlights callOutcome keyPoints",
    ),
    parties: words("id emailAddress name title userId speakerId context affiliation phoneNumber methods"),
    context: words("system objects"),
    "context.objects": words("objectType objectId fields timing"),
    "context.objects.fields": words("name value"),
    callTranscripts: words("callId transcript"),
    "callTranscripts.transcript": words("speakerId topic sentences"),
    "callTranscripts.transcript.sentences": words("start end text"),
  },
  gong_users: {
    "": words(
      "id emailAddress created active emailAliases trustedEmailAddress firstName lastName title phoneNumber extension personalMeetingUrls settings managerId meetingConsentPageUrl spokenLanguages",
    ),
  },
} as const;
