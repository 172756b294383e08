import { personOf, sentenceOf } from "../data/people.ts";
import { between, hash, pick } from "../data/random.ts";

/** How a workspace is made. */
export interface Seed {
  seed: number;
  /** Messages in all channels together. */
  size: number;
  channels: number;
  /** Days that the history is spread over. */
  days: number;
  /** When it ends, milliseconds since 1970. */
  now: number;
}

export type Fields = Record<string, unknown>;
export interface Channel {
  id: string;
  /** Messages of the seeded history. */
  seeded: number;
  /** Posted later, in order; microseconds since 1970. */
  posted: number[];
  fields: Fields;
}

const names = "general random sales deals support engineering data security launches customers".split(" ");
const people = 40;
const idOf = (number: number): string => `U0${String(10_000_000 + number)}`;
const member = (seed: number, ...parts: (string | number)[]): string =>
  idOf(hash(seed, "author", ...parts) % people);

/** Slack's time stamps are text: seconds, a dot and six digits. */
const tsOf = (micros: number): string =>
  `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, "0")}`;
/** Microseconds since 1970 of a time stamp. */
export function microsOf(ts: string): number {
  const [seconds = "0", fraction = ""] = ts.split(".");
  return Number(seconds) * 1e6 + Number(fraction.slice(0, 6).padEnd(6, "0"));
}

/** One workspace. Unchanged messages are generated on request and take no memory. */
export class Store {
  readonly channels: Channel[];
  readonly seed: Seed;
  /** Posted and edited messages by channel and time; null for deleted ones. */
  readonly #kept = new Map<string, Fields | null>();
  #last = 0;
  #changes = 0;

  constructor(seed: Seed) {
    this.seed = seed;
    this.channels = Array.from({ length: seed.channels }, (_, index) => this.#channel(index));
  }

  /** Everybody in the workspace. */
  members(): Fields[] {
    return Array.from({ length: people }, (_, number) => {
      const { firstName, lastName, email, jobTitle } = personOf(this.seed.seed, number, 1);
      const name = `${firstName} ${lastName}`;
      return {
        id: idOf(number),
        team_id: "T010000000",
        name: email.replace(/@.*/, ""),
        real_name: name,
        deleted: false,
        is_bot: false,
        profile: { real_name: name, display_name: firstName, title: jobTitle, email },
      };
    });
  }

  channel(id: string): Channel | undefined {
    return this.channels.find((channel) => channel.id === id);
  }

  addChannel(): Channel {
    const channel = this.#channel(this.channels.length);
    channel.seeded = 0;
    this.channels.push(channel);
    return channel;
  }

  message(channel: Channel, micros: number): Fields | null {
    const kept = this.#kept.get(`${channel.id} ${micros}`);
    return kept === undefined ? this.#seeded(channel, micros) : kept;
  }

  /** Messages with `after < time <= until`, newest first; deleted ones are left out. */
  *newestFirst(
    channel: Channel,
    after: number,
    until: number,
  ): Generator<{ micros: number; message: Fields }> {
    for (let index = channel.posted.length - 1; index >= 0; index--) {
      const micros = channel.posted[index] ?? 0;
      if (micros <= after) return;
      const message = micros <= until ? this.message(channel, micros) : null;
      if (message) yield { micros, message };
    }
    const { step, start } = this.#spread(channel);
    const newest = Math.min(channel.seeded - 1, Math.floor((until - start) / step) - 1);
    for (let index = newest; index >= 0; index--) {
      const micros = start + (index + 1) * step;
      if (micros <= after) return;
      const message = this.message(channel, micros);
      if (message) yield { micros, message };
    }
  }

  post(channel: Channel, more: Fields = {}): string {
    // Later than all before, as Slack's time stamps are; many fit into a millisecond.
    this.#last = Math.max(this.#last + 1, Date.now() * 1000);
    const micros = this.#last;
    channel.posted.push(micros);
    this.#kept.set(`${channel.id} ${micros}`, { ...this.#text(channel, micros), ...more });
    return tsOf(micros);
  }

  edit(channel: Channel, ts: string, fields: Fields): void {
    const message = this.message(channel, microsOf(ts));
    if (!message) throw new Error(`no message ${ts} in ${channel.id}`);
    const edited = { user: message.user, ts: tsOf(Date.now() * 1000) };
    this.#kept.set(`${channel.id} ${microsOf(ts)}`, { ...message, edited, ...fields });
  }

  delete(channel: Channel, ts: string): void {
    if (!this.message(channel, microsOf(ts))) throw new Error(`no message ${ts} in ${channel.id}`);
    this.#kept.set(`${channel.id} ${microsOf(ts)}`, null);
  }

  /** A number that differs each time; what is chosen by it is the same for the same seed and orders. */
  next(): number {
    return hash(this.seed.seed, "change", this.#changes++);
  }

  count(): number {
    const seeded = this.channels.reduce((sum, channel) => sum + channel.seeded + channel.posted.length, 0);
    return seeded - [...this.#kept.values()].filter((message) => message === null).length;
  }

  #channel(index: number): Channel {
    const { seed, size, channels, now, days } = this.seed;
    const name = names[index] ?? `project-${index}`;
    const created = Math.floor((now - days * 86_400_000) / 1000);
    return {
      id: `C0${String(20_000_000 + index)}`,
      seeded: Math.floor(size / channels) + (index < size % channels ? 1 : 0),
      posted: [],
      fields: {
        id: `C0${String(20_000_000 + index)}`,
        name,
        is_channel: true,
        is_private: false,
        is_archived: false,
        is_shared: false,
        is_ext_shared: false,
        created,
        creator: member(seed, "creator", index),
        topic: { value: `All about ${name}`, creator: "", last_set: created },
        purpose: { value: "", creator: "", last_set: 0 },
        num_members: between(3, people, hash(seed, "members", index)),
        updated: created * 1000,
        context_team_id: "T010000000",
      },
    };
  }

  /** Evenly over the days before `now`, a prime number of microseconds apart from channel to channel. */
  #spread(channel: Channel): { start: number; step: number } {
    const span = this.seed.days * 86_400_000_000;
    const start = this.seed.now * 1000 - span + this.channels.indexOf(channel) * 7;
    return { start, step: Math.floor(span / (channel.seeded + 1)) };
  }

  #seeded(channel: Channel, micros: number): Fields | null {
    const { start, step } = this.#spread(channel);
    const index = (micros - start) / step - 1;
    return Number.isInteger(index) && index >= 0 && index < channel.seeded
      ? this.#text(channel, micros)
      : null;
  }

  #text(channel: Channel, micros: number): Fields {
    const { seed } = this.seed;
    const bits = hash(seed, channel.id, micros % 4_294_967_291, Math.floor(micros / 4_294_967_291));
    const ts = tsOf(micros);
    const user = member(seed, bits);
    const thread = bits % 10 === 0 ? { thread_ts: ts, reply_count: 1 + (bits % 5), latest_reply: ts } : {};
    const reactions = {
      name: pick(["eyes", "tada", "white_check_mark"], bits >>> 4),
      users: [user],
      count: 1,
    };
    return {
      type: "message",
      ts,
      user,
      text: sentenceOf(seed, bits),
      team: "T010000000",
      ...thread,
      ...(bits % 7 === 0 ? { reactions: [reactions] } : {}),
    };
  }
}
