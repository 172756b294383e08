import fc from "fast-check";
import { expect, test } from "vitest";
import { firewallRuleSchema } from "../../../lambda/client/wire.ts";
import { advisedRules, checkRuleCount, fleetRules } from "../../../lambda/firewallRules.ts";
import { type FirewallRule, fromWire, sameRules, toWire } from "../../../lambda/reconcile/firewall.ts";

const peers = [
  { protocol: "tcp", ports: [6443, 6443], purpose: "Kubernetes API" },
  { protocol: "udp", ports: [51820, 51820], purpose: "WireGuard" },
] as { protocol: "tcp" | "udp"; ports: [number, number]; purpose: string }[];
const shown = (rule: FirewallRule) => `${rule.source} ${rule.protocol} ${rule.ports?.join("-") ?? ""}`.trim();

test("L4 only 22 and the Kubernetes API for administrators, 80 and 443 for all, K3s ports between hosts", () => {
  const rules = fleetRules({ adminNetworks: ["198.51.100.0/24"] }, peers, ["203.0.113.2", "203.0.113.1", ""]);
  expect(rules.map(shown)).toEqual([
    "198.51.100.0/24 tcp 22-22",
    "198.51.100.0/24 tcp 6443-6443",
    "0.0.0.0/0 tcp 80-80",
    "0.0.0.0/0 tcp 443-443",
    "0.0.0.0/0 icmp",
    "203.0.113.1/32 tcp 6443-6443",
    "203.0.113.1/32 udp 51820-51820",
    "203.0.113.2/32 tcp 6443-6443",
    "203.0.113.2/32 udp 51820-51820",
  ]);
});

test("L4 one host opens nothing for others", () => {
  expect(fleetRules({ adminNetworks: ["0.0.0.0/0"] }, peers, ["203.0.113.1"])).toHaveLength(5);
});

test("L4 more rules than Lambda works well with are refused by name, counted without addresses", () => {
  const networks = (count: number) => Array.from({ length: count }, (_, index) => `198.51.100.${index}/32`);
  const visitors = { adminNetworks: networks(3), sshNetworks: networks(6) };
  expect(() => checkRuleCount(visitors, peers, 3)).toThrow(
    /would need 21 rules.*admin networks \(3, .*SSH tunnels \(6\).*hosts \(3, 2 rules each/,
  );
});

test("L4 the count of rules is the number of rules", () => {
  fc.assert(
    fc.property(fc.nat(9), fc.nat(9), fc.integer({ min: 1, max: 5 }), (admins, visitors, hosts) => {
      const addresses = (count: number) => Array.from({ length: count }, (_, index) => `192.0.2.${index}`);
      const networks = { adminNetworks: addresses(admins), sshNetworks: addresses(visitors) };
      const refused = fleetRules(networks, peers, addresses(hosts)).length > advisedRules;
      const check = () => checkRuleCount(networks, peers, hosts);
      if (refused) expect(check).toThrow(/would need/);
      else expect(check).not.toThrow();
    }),
  );
});

const rule: fc.Arbitrary<FirewallRule> = fc.record(
  {
    protocol: fc.constantFrom("tcp" as const, "udp" as const, "icmp" as const),
    ports: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
    source: fc.constantFrom("198.51.100.1/32", "0.0.0.0/0"),
    description: fc.constantFrom("a", "b"),
  },
  { requiredKeys: ["protocol", "source", "description"] },
);

/** As Lambda shows them after they were sent. */
const there = (rules: FirewallRule[]) =>
  rules.map((one) => fromWire(firewallRuleSchema.parse(JSON.parse(JSON.stringify(toWire(one))))));

test("rules come back from Lambda as they went, whatever their order", () => {
  fc.assert(
    fc.property(fc.array(rule), (rules) => {
      expect(sameRules(rules, there(rules).toReversed())).toBe(true);
      expect(sameRules(rules, [...rules, { protocol: "all", source: "x", description: "" }])).toBe(false);
    }),
  );
  const source = "198.51.100.1";
  expect(
    sameRules(
      [{ protocol: "icmp", source, description: "" }],
      [{ protocol: "icmp", source: `${source}/32`, description: "" }],
    ),
  ).toBe(true);
});

test("L4 who comes for a tunnel reaches SSH and nothing else", () => {
  const visitors = { adminNetworks: ["198.51.100.0/24"], sshNetworks: ["192.0.2.7/32"] };
  const rules = fleetRules(visitors, peers, ["203.0.113.1"]);
  expect(rules.filter(({ source }) => source === "192.0.2.7/32")).toEqual([
    { protocol: "tcp", ports: [22, 22], source: "192.0.2.7/32", description: "SSH, for a tunnel" },
  ]);
});
