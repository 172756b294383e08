import type { dynamic } from "@pulumi/pulumi";
import { dropSlot, type SlotProps } from "./drop.ts";

const pick = ({ slot, database, user, password, address, tunnel, ca, serverName }: SlotProps): SlotProps => ({
  slot,
  database,
  user,
  password,
  address,
  tunnel,
  ca,
  serverName,
});

/** Nothing but a place in the order of deletion: the slot goes after the capture that reads it, before PostgreSQL. */
export const provider: dynamic.ResourceProvider<SlotProps, SlotProps> = {
  async diff(_id, olds, news) {
    const replaced = olds.slot !== news.slot;
    const changes = replaced || JSON.stringify(pick(olds)) !== JSON.stringify(pick(news));
    return { changes, replaces: replaced ? ["slot"] : [], deleteBeforeReplace: true };
  },
  async create(props) {
    return { id: props.slot, outs: pick(props) };
  },
  async update(_id, _olds, news) {
    return { outs: pick(news) };
  },
  async delete(_id, props) {
    console.log(await dropSlot(props));
  },
};
