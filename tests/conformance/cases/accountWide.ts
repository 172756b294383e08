import { expect } from "vitest";
import type { Case } from "./case.ts";

/** Never run on a real account. */
export const accountWide: Case[] = [
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
        wrong: true,
      });
      expect([answer.status, String(answer.json.error?.message)]).toEqual([
        400,
        "Requested too many instances.",
      ]);
    },
  },
];
