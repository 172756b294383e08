import { below, oneOf, type Random, randomOf } from "./random.ts";
import * as words from "./words.ts";

/** How much there is, and how long ago. */
export interface Size {
  seed: number;
  calls: number;
  /** Days over which the calls are spread. */
  days: number;
  /** Milliseconds: when the last of them began. */
  until: number;
  /** Utterances of a transcript, on average. */
  utterances: number;
  users: number;
  /** Companies that are talked to; each has a record in the CRM, and a deal. */
  accounts: number;
}

export interface GongCall {
  metaData: Record<string, unknown> & { id: string; started: string };
  parties?: object[];
  context?: object[];
  content?: object;
  interaction?: object;
  /** Not in the extensive answer: transcripts have an endpoint of their own. */
  transcript?: object[] | undefined;
}
export type GongUser = Record<string, unknown> & { id: string };

const firstId = 7_300_000_000_000_000_000n;
/** An id that no number can hold. */
export const callId = (n: number): string => String(firstId + BigInt(n) * 977n);
/** Which call it is; undefined where no call has this id. */
export function callOf(id: string): number | undefined {
  if (!/^\d{19}$/.test(id)) return undefined;
  const offset = BigInt(id) - firstId;
  return offset >= 0n && offset % 977n === 0n ? Number(offset / 977n) : undefined;
}
const userId = (n: number): string => String(8_100_000_000_000_000_000n + BigInt(n) * 131n);
const accountId = (n: number): string => String(90_071_992_547_409_930_000n + BigInt(n));
const dealId = (n: number): string => String(12_000_000_000n + BigInt(n) * 17n);

const salt = { call: 1, user: 2, account: 3, transcript: 4 };

/** The `n`th user, the same one for the same seed. @param version grows when the user changes */
export function user({ seed, until }: Size, n: number, version: number): GongUser {
  const random = randomOf(seed, salt.user, n);
  const [first, last] = [oneOf(random, words.firstNames), oneOf(random, words.lastNames)];
  const email = `${first}.${last}.${n}@sophia.example`.normalize("NFD").replaceAll(/[^\w@.]/g, "");
  return {
    id: userId(n),
    emailAddress: email.toLowerCase(),
    created: new Date(until - 900 * 86_400_000 + n * 3_600_000).toISOString(),
    active: below(random, 12) !== 0,
    emailAliases: [],
    trustedEmailAddress: null,
    firstName: first,
    lastName: version > 0 ? `${last}-${version}` : last,
    title: oneOf(random, words.titles),
    phoneNumber: `+1555${String(below(random, 10_000_000)).padStart(7, "0")}`,
    extension: null,
    personalMeetingUrls: [],
    settings: { webConferencesRecorded: true, preventWebConferenceRecording: false, emailsImported: true },
    managerId: n === 0 ? null : userId(below(random, n)),
    meetingConsentPageUrl: null,
    spokenLanguages: [{ language: "en-us", primary: true }],
  };
}

/** Name of a company that is talked to. */
const accountName = (seed: number, n: number) =>
  `${oneOf(randomOf(seed, salt.account, n), words.companies)} ${n + 1}`;

function crmObjects({ seed }: Size, n: number, version: number): object[] {
  const random = randomOf(seed, salt.account, n, version);
  const name = accountName(seed, n);
  return [
    {
      objectType: "Account",
      objectId: accountId(n),
      fields: [
        { name: "name", value: name },
        { name: "domain", value: `${name.toLowerCase().replaceAll(/\W/g, "")}.example` },
        { name: "employees", value: 10 + below(random, 9000) },
        { name: "annualrevenue", value: below(random, 5_000_000) },
        { name: "ownerId", value: String(40_000 + below(random, 50)) },
        { name: "parent", value: null },
      ],
      timing: "Now",
    },
    {
      objectType: "Deal",
      objectId: dealId(n),
      fields: [
        { name: "dealname", value: `${name}, ${version + 1}` },
        { name: "dealstage", value: oneOf(random, words.stages) },
        { name: "amount", value: below(random, 400_000) / 4 },
        { name: "closedate", value: `2026-${String(1 + below(random, 12)).padStart(2, "0")}-15` },
      ],
      timing: "Now",
    },
  ];
}

/** Everything about one call but its transcript. */
export function call(size: Size, n: number, started: number, version: number, crmVersion: number): GongCall {
  const random = randomOf(size.seed, salt.call, n, version);
  const same = randomOf(size.seed, salt.call, n);
  const owner = below(same, size.users);
  const account = below(same, size.accounts);
  const minutes = 5 + below(same, 55);
  const internal = user(size, owner, 0);
  const id = callId(n);
  const purpose = oneOf(same, words.purposes);
  const outside = Array.from({ length: 1 + below(same, 3) }, (_, at) => party(same, n, at, account));
  return {
    metaData: {
      id,
      url: `https://app.gong.io/call?id=${id}`,
      title: `${purpose} with ${accountName(size.seed, account)}${version > 0 ? ` (${version})` : ""}`,
      scheduled: new Date(started - 60_000).toISOString(),
      started: new Date(started).toISOString(),
      duration: minutes * 60 + below(same, 60),
      primaryUserId: internal.id,
      direction: oneOf(same, ["Conference", "Inbound", "Outbound"]),
      system: oneOf(same, ["Zoom", "Google Meet", "Teams"]),
      scope: "External",
      media: oneOf(same, ["Video", "Audio"]),
      language: "eng",
      workspaceId: "623457276584334",
      sdrDisposition: null,
      clientUniqueId: null,
      customData: null,
      purpose,
      meetingUrl: `https://zoom.example/j/${9_000_000 + n}`,
      isPrivate: below(same, 25) === 0,
      calendarEventId: null,
    },
    parties: [
      {
        id: `${n}0`,
        userId: internal.id,
        emailAddress: internal.emailAddress,
        name: `${internal.firstName} ${internal.lastName}`,
        title: internal.title,
        speakerId: `${n}s0`,
        affiliation: "Internal",
        context: [],
        methods: ["Invitee", "Attendee"],
      },
      ...outside,
    ],
    context: [{ system: "HubSpot", objects: crmObjects(size, account, crmVersion) }],
    content: {
      brief: `${purpose}: ${oneOf(random, words.phrases)}`,
      topics: words.topics.map((name) => ({ name, duration: below(random, 4) * 60 })),
      trackers: words.trackers.map((name, at) => ({ id: `${at}`, name, count: below(random, 5) })),
      keyPoints: Array.from({ length: 2 + below(random, 3) }, () => ({ text: oneOf(random, words.phrases) })),
      callOutcome: null,
    },
  };
}

function party(random: Random, n: number, at: number, account: number): object {
  const [first, last] = [oneOf(random, words.firstNames), oneOf(random, words.lastNames)];
  const email = `${first}.${last}`
    .normalize("NFD")
    .replaceAll(/[^\w.]/g, "")
    .toLowerCase();
  return {
    id: `${n}${at + 1}`,
    emailAddress: `${email}@customer${account + 1}.example`,
    name: `${first} ${last}`,
    title: oneOf(random, words.titles),
    speakerId: `${n}s${at + 1}`,
    affiliation: "External",
    phoneNumber: null,
    context: [],
    methods: ["Attendee"],
  };
}

/** Which company a call is about. */
export function accountOf(size: Size, n: number): number {
  const same = randomOf(size.seed, salt.call, n);
  below(same, size.users);
  return below(same, size.accounts);
}

/** Who said what; one call in ten was never transcribed. */
export function transcript(size: Size, n: number, version: number): object[] | undefined {
  const random = randomOf(size.seed, salt.transcript, n, version);
  if (below(random, 10) === 0) return undefined;
  const count = 1 + below(random, size.utterances * 2);
  let at = 0;
  return Array.from({ length: count }, (_, index) => ({
    speakerId: `${n}s${index % 2}`,
    topic: index % 5 === 0 ? oneOf(random, words.topics) : null,
    sentences: Array.from({ length: 1 + below(random, 3) }, () => {
      const start = at;
      at += 900 + below(random, 9000);
      return { start, end: at, text: oneOf(random, words.phrases) };
    }),
  }));
}
