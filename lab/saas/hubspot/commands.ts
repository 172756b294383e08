import { z } from "zod";
import type { Commands } from "../kit/control.ts";
import type { HubSpot } from "./account.ts";

const object = z.enum(["contacts", "deals"]);
const ids = z.array(z.number().int()).default([]);
const seed = z.strictObject({
  seed: z.number().int().optional(),
  size: z.number().int().nonnegative().optional(),
  now: z.number().int().optional(),
});
const change = z.strictObject({
  object,
  create: z.number().int().nonnegative().default(0),
  /** How many to change or archive, chosen by the seed; or which, by id. */
  update: z.number().int().nonnegative().default(0),
  delete: z.number().int().nonnegative().default(0),
  updateIds: ids,
  deleteIds: ids,
  restoreIds: ids,
  /** Values for the updated; by default something that differs each time. */
  properties: z.record(z.string(), z.string().nullable()).default({}),
});
const schema = z.strictObject({
  object,
  add: z
    .strictObject({ name: z.string(), type: z.enum(["string", "number", "datetime", "enumeration", "bool"]) })
    .optional(),
  remove: z.string().optional(),
});
const poison = z.strictObject({
  object,
  id: z.number().int().optional(),
  /** `wrongType`: a field of the wrong type. `missingKey`: no id. */
  kind: z.enum(["wrongType", "missingKey"]).default("wrongType"),
});
const mend = z.strictObject({ object, id: z.number().int() });

const poisons = { wrongType: { archived: "perhaps" }, missingKey: { id: null } };

/** What `/_lab/hubspot/<command>` does. */
export const commands = (account: HubSpot): Commands => ({
  reset: (body) => account.reset(seed.parse(body)),
  seed: (body) => account.reset(seed.parse(body)),
  change: (body) => {
    const wanted = change.parse(body);
    const type = wanted.object;
    const { store } = account;
    const created = store.create(type, wanted.create);
    const updated = [
      ...store.update(type, wanted.update, wanted.properties),
      ...wanted.updateIds.map((id) => store.set(type, id, wanted.properties)),
    ];
    const deleted = [...store.choose(type, wanted.delete), ...wanted.deleteIds];
    store.archive(type, deleted);
    store.restore(type, wanted.restoreIds);
    return { created, updated, deleted };
  },
  schema: (body) => {
    const wanted = schema.parse(body);
    if (wanted.add) account.store.addProperty(wanted.object, wanted.add);
    if (wanted.remove) account.store.removeProperty(wanted.object, wanted.remove);
    return { properties: account.store.properties[wanted.object] };
  },
  poison: (body) => {
    const wanted = poison.parse(body);
    const id = wanted.id ?? account.store.choose(wanted.object, 1)[0];
    if (id === undefined) throw new Error(`there are no ${wanted.object} to spoil`);
    account.store.poison(wanted.object, id, poisons[wanted.kind]);
    return { id };
  },
  mend: (body) => {
    const wanted = mend.parse(body);
    account.store.mend(wanted.object, wanted.id);
  },
  faults: (body) => {
    if (body.clear) account.faults.clear();
    else account.faults.add(body);
    return { faults: account.faults.list() };
  },
  /** Ends the access tokens that were given; the refresh token stays good. */
  expireTokens: () => account.auth.expire(),
  journal: () => ({ journal: account.journal }),
  state: () => {
    const { contacts, deals } = account.store.objects;
    const alive = (objects: typeof contacts) => objects.size - objects.archived.length;
    return { contacts: alive(contacts), deals: alive(deals) };
  },
});
