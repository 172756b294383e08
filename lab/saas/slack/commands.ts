import { z } from "zod";
import type { Commands } from "../kit/control.ts";
import type { Channel } from "./store.ts";
import type { Slack } from "./workspace.ts";

const seed = z.strictObject({
  seed: z.number().int().optional(),
  size: z.number().int().nonnegative().optional(),
  channels: z.number().int().positive().max(500).optional(),
  days: z.number().positive().optional(),
  now: z.number().int().optional(),
});
const place = z.strictObject({ channel: z.string(), ts: z.string() });
const count = z.number().int().nonnegative().default(0);
const change = z.strictObject({
  /** Messages to post, spread over the channels or all in one. */
  post: count,
  channel: z.string().optional(),
  /** More fields for what is posted, e.g. one that no message had before. */
  fields: z.record(z.string(), z.unknown()).default({}),
  edit: z.array(place.extend({ text: z.string() })).default([]),
  delete: z.array(place).default([]),
  newChannels: count,
  renameChannel: z.strictObject({ channel: z.string(), name: z.string() }).optional(),
  archiveChannel: z.string().optional(),
});
/** All that is changed, not one change more: nothing is as it was at first. */
const schema = z.strictObject({
  /** Fields that every message has beside. */
  add: z.record(z.string(), z.unknown()).default({}),
  /** Fields that no message has any more; not those that name it. */
  remove: z.array(z.string().refine((name) => name !== "ts", "is the message's name")).default([]),
});
const poison = place.extend({
  /** `wrongType`: a field of the wrong type. `missingKey`: no `ts`. */
  kind: z.enum(["wrongType", "missingKey"]).default("wrongType"),
});
const poisons = { wrongType: { text: { not: "text" } }, missingKey: { ts: null } };

/** What `/_lab/slack/<command>` does. */
export const commands = (workspace: Slack): Commands => {
  const named = (id: string): Channel => {
    const channel = workspace.store.channel(id);
    if (!channel) throw new Error(`no channel ${id}`);
    return channel;
  };
  const some = (): Channel => {
    const { channels } = workspace.store;
    const channel = channels[workspace.store.next() % channels.length];
    if (!channel) throw new Error("there are no channels");
    return channel;
  };
  return {
    reset: (body) => workspace.reset(seed.parse(body)),
    seed: (body) => workspace.reset(seed.parse(body)),
    change: (body) => {
      const wanted = change.parse(body);
      const { store } = workspace;
      const posted = Array.from({ length: wanted.post }, () => {
        const channel = wanted.channel === undefined ? some() : named(wanted.channel);
        return { channel: channel.id, ts: store.post(channel, wanted.fields) };
      });
      for (const { channel, ts, text } of wanted.edit) store.edit(named(channel), ts, { text });
      for (const { channel, ts } of wanted.delete) store.delete(named(channel), ts);
      const channels = Array.from({ length: wanted.newChannels }, () => store.addChannel().id);
      if (wanted.renameChannel) {
        const { channel, name } = wanted.renameChannel;
        Object.assign(named(channel).fields, { name, updated: Date.now() });
      }
      if (wanted.archiveChannel) {
        Object.assign(named(wanted.archiveChannel).fields, { is_archived: true, updated: Date.now() });
      }
      return { posted, channels };
    },
    schema: (body) => {
      workspace.schema = schema.parse(body);
    },
    poison: (body) => {
      const { channel, ts, kind } = poison.parse(body);
      workspace.poisoned = { channel: named(channel).id, ts, fields: poisons[kind] };
    },
    mend: () => {
      workspace.poisoned = undefined;
    },
    faults: (body) => {
      if (body.clear) workspace.faults.clear();
      else workspace.faults.add(body);
      return { faults: workspace.faults.list() };
    },
    journal: () => ({ journal: workspace.journal }),
    state: () => ({ channels: workspace.store.channels.length, messages: workspace.store.count() }),
  };
};
