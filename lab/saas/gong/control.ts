import { z } from "zod";
import type { Commands } from "../kit/control.ts";
import type { Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import type { Workspace } from "./workspace.ts";

const count = z.number().int().min(0);
const some = z.union([count, z.array(z.string())]);
const seed = z.strictObject({
  seed: z.number().int().optional(),
  size: count.optional(),
  days: z.number().positive().optional(),
  until: z.number().optional(),
  utterances: z.number().int().positive().optional(),
  users: z.number().int().positive().optional(),
  accounts: z.number().int().positive().optional(),
});
const change = z.strictObject({
  add: count.optional(),
  update: some.optional(),
  delete: some.optional(),
  addUsers: count.optional(),
  updateUsers: count.optional(),
  deleteUsers: count.optional(),
  updateAccounts: count.optional(),
});
const schema = z.array(
  z.strictObject({
    on: z.enum(["calls", "transcripts", "users"]),
    path: z.string(),
    value: z.unknown().optional(),
    ids: z.array(z.string()).optional(),
  }),
);
const faults = z.array(
  z.strictObject({
    kind: z.enum(["status", "drop", "hang", "empty", "cursor"]),
    status: z.number().int().optional(),
    retryAfter: z.union([z.number(), z.string()]).optional(),
    times: z.number().int().optional(),
    path: z.string().optional(),
    paged: z.boolean().optional(),
    after: count.optional(),
  }),
);

/** What keys that were left out mean: nothing, not `undefined`. */
const given = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

/** What `/_lab/gong/<command>` does. */
export const commands = ({
  workspace,
  faults: waiting,
  journal,
}: {
  workspace: Workspace;
  faults: Faults;
  journal: Journal;
}): Commands<unknown> => ({
  reset: () => {
    waiting.set([]);
    journal.clear();
    return workspace.seed();
  },
  seed: (body) => workspace.seed(given(seed.parse(body))),
  change: (body) => workspace.change(given(change.parse(body))),
  schema: (body) => workspace.mutate(schema.parse(body).map((each) => given(each))),
  faults: (body) => waiting.set(faults.parse(body).map((each) => given(each))),
  journal: () => ({ statuses: journal.statuses, entries: journal.entries.slice(-200) }),
  counts: () => workspace.counts(),
});
