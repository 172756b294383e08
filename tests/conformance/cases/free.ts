import { expect } from "vitest";
import { type Case, code, ids } from "./case.ts";

const anywhere = "0.0.0.0/0";

/** What is made costs nothing and is deleted again. */
export const free: Case[] = [
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
