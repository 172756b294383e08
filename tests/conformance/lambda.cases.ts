import { expect } from "vitest";
import { type Clock, notYet, waitFor } from "../../components/core/wait.ts";
import type { Answer, CheckedApi } from "./api.ts";

/** What a case works with, on either side. */
export interface Bench {
  api: CheckedApi;
  /** Time as the target lives it. */
  clock: Clock;
  /** A name that nothing else in the account has. */
  unique(what: string): string;
  /** An OpenSSH public key made for this run. */
  publicKey: string;
}

export interface Case {
  name: string;
  /**
   * `read` changes nothing; `free` makes and deletes what costs nothing; `spend` rents an instance;
   * `emulator` would change what the whole account relies on, or might rent if Lambda were laxer than it says.
   */
  cost: "read" | "free" | "spend" | "emulator";
  run(bench: Bench): Promise<void>;
}

const code = ({ json }: Answer) => String(json?.error?.code);
const ids = (list: Answer["json"] | undefined) => (list ?? []).map(({ id }) => String(id));
const anywhere = "0.0.0.0/0";

const lists = [
  "/instances",
  "/images",
  "/regions",
  "/ssh-keys",
  "/file-systems",
  "/firewall-rules",
  "/firewall-rulesets",
].map(
  (path): Case => ({
    name: `GET ${path} answers a list`,
    cost: "read",
    run: async ({ api }) => {
      const { status, json } = await api.call("GET", path);
      expect(status).toBe(200);
      expect(Array.isArray(json.data)).toBe(true);
    },
  }),
);

const reads: Case[] = [
  ...lists,
  {
    name: "GET /instance-types answers a map keyed by type name",
    cost: "read",
    run: async ({ api }) => {
      const { json } = await api.call("GET", "/instance-types");
      expect(Array.isArray(json.data)).toBe(false);
      for (const [name, item] of Object.entries(json.data ?? {}))
        expect(item).toMatchObject({ instance_type: { name, price_cents_per_hour: expect.any(Number) } });
    },
  },
  {
    name: "GET /firewall-rulesets/global answers the workspace's own ruleset",
    cost: "read",
    run: async ({ api }) => {
      const { json } = await api.call("GET", "/firewall-rulesets/global");
      expect(json.data).toMatchObject({ id: "global", rules: expect.any(Array) });
    },
  },
  {
    name: "GET /audit-events puts page_token beside data",
    cost: "read",
    run: async ({ api }) => {
      const { json } = await api.call("GET", "/audit-events");
      expect(json).toHaveProperty("page_token");
    },
  },
  {
    name: "an instance that does not exist is 404 global/object-does-not-exist",
    cost: "read",
    run: async ({ api }) => {
      const answer = await api.call("GET", `/instances/${"0".repeat(32)}`);
      expect([answer.status, code(answer)]).toEqual([404, "global/object-does-not-exist"]);
    },
  },
  {
    name: "a ruleset that does not exist is 404",
    cost: "read",
    run: async ({ api }) => {
      expect((await api.call("GET", `/firewall-rulesets/${"0".repeat(32)}`)).status).toBe(404);
    },
  },
  {
    name: "a request without a key is 401 with its own text",
    cost: "read",
    run: async ({ api }) => {
      const answer = await api.call("GET", "/regions", { authorization: null });
      expect([answer.status, code(answer), String(answer.json.error?.message)]).toEqual([
        401,
        "global/invalid-api-key",
        "No API key was provided.",
      ]);
    },
  },
  {
    name: "a wrong key is 401 global/invalid-api-key",
    cost: "read",
    run: async ({ api }) => {
      const answer = await api.call("GET", "/regions", { authorization: "Bearer secret_nobody_00" });
      expect([answer.status, code(answer)]).toEqual([401, "global/invalid-api-key"]);
    },
  },
  {
    name: "POST /file-systems is 405: only listing has the hyphen",
    cost: "read",
    run: async ({ api }) => {
      const body = { name: "x", region: "us-west-1" };
      expect((await api.call("POST", "/file-systems", { body, wrong: true })).status).toBe(405);
    },
  },
  {
    name: "terminating an unknown id is 404 global/object-does-not-exist",
    cost: "read",
    run: async ({ api }) => {
      const answer = await api.call("POST", "/instance-operations/terminate", {
        body: { instance_ids: ["0".repeat(32)] },
      });
      expect([answer.status, code(answer)]).toEqual([404, "global/object-does-not-exist"]);
    },
  },
];

const free: Case[] = [
  {
    name: "an SSH key is made, listed, refused a second time and deleted",
    cost: "free",
    run: async ({ api, unique, publicKey }) => {
      const name = unique("key");
      const body = { name, public_key: publicKey };
      const made = await api.call("POST", "/ssh-keys", { body });
      expect(made.json.data).toMatchObject({ name });
      const id = String(made.json.data?.id);
      try {
        const again = await api.call("POST", "/ssh-keys", { body });
        expect(again.status).toBe(400);
        expect(ids((await api.call("GET", "/ssh-keys")).json.data)).toContain(id);
      } finally {
        expect((await api.call("DELETE", `/ssh-keys/${id}`)).status).toBe(200);
      }
      expect(ids((await api.call("GET", "/ssh-keys")).json.data)).not.toContain(id);
    },
  },
  {
    name: "an SSH key without public half is generated, its private half shown once",
    cost: "free",
    run: async ({ api, unique }) => {
      const made = await api.call("POST", "/ssh-keys", { body: { name: unique("generated") } });
      const id = String(made.json.data?.id);
      try {
        expect(String(made.json.data?.private_key)).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
        const { json } = await api.call("GET", "/ssh-keys");
        expect(json.data?.find((key) => String(key.id) === id)).not.toHaveProperty("private_key");
      } finally {
        await api.call("DELETE", `/ssh-keys/${id}`);
      }
    },
  },
  {
    name: "an empty file system is made, refused a second time and deleted",
    cost: "free",
    run: async ({ api, unique }) => {
      const body = { name: unique("fs"), region: "us-west-1" };
      const made = await api.call("POST", "/filesystems", { body });
      expect(made.json.data).toMatchObject({ mount_point: `/lambda/nfs/${body.name}`, is_in_use: false });
      const id = String(made.json.data?.id);
      try {
        const again = await api.call("POST", "/filesystems", { body });
        expect([again.status, code(again)]).toEqual([400, "global/duplicate"]);
      } finally {
        const deleted = await api.call("DELETE", `/filesystems/${id}`);
        expect(deleted.json).toEqual({ data: { deleted_ids: [id] } });
      }
    },
  },
  {
    name: "a file system with an impossible name is 400 global/invalid-parameters",
    cost: "free",
    run: async ({ api }) => {
      const body = { name: "1_wrong", region: "us-west-1" };
      const answer = await api.call("POST", "/filesystems", { body, wrong: true });
      expect([answer.status, code(answer)]).toEqual([400, "global/invalid-parameters"]);
    },
  },
  {
    name: "a ruleset is made, read, changed in part and deleted",
    cost: "free",
    run: async ({ api, unique }) => {
      const rules = [
        { protocol: "tcp", port_range: [443, 443], source_network: anywhere, description: "https" },
        { protocol: "icmp", source_network: anywhere, description: "ping" },
      ];
      const name = unique("rules");
      const made = await api.call("POST", "/firewall-rulesets", {
        body: { name, region: "us-west-1", rules },
      });
      expect(made.status).toBe(200);
      const path = `/firewall-rulesets/${made.json.data?.id}`;
      try {
        expect((await api.call("GET", path)).json.data).toMatchObject({ name, instance_ids: [] });
        const changed = await api.call("PATCH", path, { body: { rules: rules.slice(1) } });
        expect(changed.json.data).toMatchObject({ name, rules: [{ protocol: "icmp" }] });
        expect(changed.json.data?.rules).toHaveLength(1);
      } finally {
        expect((await api.call("DELETE", path)).status).toBe(200);
      }
      expect((await api.call("GET", path)).status).toBe(404);
    },
  },
  {
    name: "a launch with an SSH key that does not exist is refused",
    cost: "free",
    run: async ({ api, unique }) => {
      const answer = await api.call("POST", "/instance-operations/launch", {
        body: {
          region_name: "us-west-1",
          instance_type_name: "gpu_1x_a10",
          ssh_key_names: [unique("nobody")],
        },
      });
      expect([400, 404]).toContain(answer.status);
      expect(code(answer)).toBe("global/object-does-not-exist");
    },
  },
  {
    name: "a launch without region or key is 400 global/invalid-parameters",
    cost: "free",
    run: async ({ api }) => {
      const body = { instance_type_name: "gpu_1x_a10" };
      const answer = await api.call("POST", "/instance-operations/launch", { body, wrong: true });
      expect([answer.status, code(answer)]).toEqual([400, "global/invalid-parameters"]);
    },
  },
];

const accountWide: Case[] = [
  {
    name: "PUT /firewall-rules replaces all rules, and the global ruleset shows them",
    cost: "emulator",
    run: async ({ api }) => {
      const rules = [
        { protocol: "udp", port_range: [51, 52], source_network: "192.0.2.0/24", description: "" },
      ];
      expect((await api.call("PUT", "/firewall-rules", { body: { data: rules } })).json.data).toEqual(rules);
      expect((await api.call("GET", "/firewall-rulesets/global")).json.data?.rules).toEqual(rules);
      await api.call("PATCH", "/firewall-rulesets/global", { body: { rules: [] } });
      expect((await api.call("GET", "/firewall-rules")).json.data).toEqual([]);
    },
  },
  {
    name: "more than one instance a launch is refused",
    cost: "emulator",
    run: async ({ api, unique, publicKey }) => {
      const name = unique("one");
      await api.call("POST", "/ssh-keys", { body: { name, public_key: publicKey } });
      const answer = await api.call("POST", "/instance-operations/launch", {
        body: {
          region_name: "us-west-1",
          instance_type_name: "gpu_1x_a10",
          ssh_key_names: [name],
          quantity: 2,
        },
      });
      expect([answer.status, String(answer.json.error?.message)]).toEqual([
        400,
        "Requested too many instances.",
      ]);
    },
  },
];

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

const spend: Case[] = [
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

export const cases: readonly Case[] = [...reads, ...free, ...accountWide, ...spend];
