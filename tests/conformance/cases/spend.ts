import { expect } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import type { Answer } from "../api.ts";
import { type Bench, type Case, ids } from "./case.ts";

/** The cheapest type with one GPU or none that is on offer, and where. */
async function cheapest({ api }: Bench): Promise<{ type: string; region: string }> {
  const { json } = await api.call("GET", "/instance-types");
  const offers = Object.entries(json.data ?? {})
    .filter(([, item]) => (item.regions_with_capacity_available?.length ?? 0) > 0)
    .map(([type, item]) => ({
      type,
      region: String(item.regions_with_capacity_available?.[0]?.name),
      price: Number(item.instance_type?.price_cents_per_hour),
    }))
    .sort((left, right) => left.price - right.price);
  const [best] = offers;
  if (!best || best.price > 200) throw new Error("nothing for 2 USD an hour or less is on offer: try later");
  return best;
}

/** An instance is rented for some minutes. */
export const spend: Case[] = [
  {
    name: "an instance is launched, becomes active, is renamed and terminated; its key is free only after",
    cost: "spend",
    run: async (bench) => {
      const { api, unique, publicKey, clock } = bench;
      const { type, region } = await cheapest(bench);
      const keyName = unique("key");
      const tag = { key: "conformance-run", value: unique("run") };
      const key = await api.call("POST", "/ssh-keys", { body: { name: keyName, public_key: publicKey } });
      const launch = await api.call("POST", "/instance-operations/launch", {
        body: {
          region_name: region,
          instance_type_name: type,
          ssh_key_names: [keyName],
          name: unique("instance"),
          tags: [tag],
        },
      });
      expect(launch.status, launch.text).toBe(200);
      const id = String(launch.json.data?.instance_ids?.[0]);
      const path = `/instances/${id}`;
      const wait = (what: string, done: (answer: Answer) => boolean) =>
        waitFor({ what: `${id} ${what}`, deadline: 1800, interval: 10, clock }, async () => {
          const answer = await api.call("GET", path);
          return done(answer) ? answer : notYet(`${answer.status} ${answer.json.data?.status}`);
        });
      try {
        const active = await wait("active", ({ json }) => String(json.data?.status) === "active");
        expect(active.json.data).toMatchObject({ ip: expect.any(String), tags: [tag] });
        const renamed = await api.call("POST", path, { body: { name: "renamed" } });
        expect(renamed.json.data).toMatchObject({ id, name: "renamed" });
        const refused = await api.call("DELETE", `/ssh-keys/${key.json.data?.id}`);
        expect(refused.status).toBe(400);
      } finally {
        await wait("terminable", ({ json }) => String(json.data?.actions?.terminate?.available) === "true");
        const ended = await api.call("POST", "/instance-operations/terminate", {
          body: { instance_ids: [id] },
        });
        expect(ids(ended.json.data?.terminated_instances)).toEqual([id]);
        await wait("gone", ({ status }) => status === 404);
        expect((await api.call("DELETE", `/ssh-keys/${key.json.data?.id}`)).status).toBe(200);
      }
    },
  },
];
