import { expect } from "vitest";
import { type Case, code } from "./case.ts";

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

/** Nothing is changed. */
export const reads: Case[] = [
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
