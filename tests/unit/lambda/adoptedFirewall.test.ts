import { expect, test } from "vitest";
import type { PeerPorts } from "../../../components/core/ports.ts";
import { closed, warningsOfClosedPorts } from "../../../lambda/adoptedFirewall.ts";
import { fleetRules } from "../../../lambda/firewallRules.ts";
import { type FirewallRule, toWire } from "../../../lambda/reconcile/firewall.ts";
import { testCloud } from "../../cloud/support/cloud.ts";

const rule = (protocol: FirewallRule["protocol"], source: string, ports?: [number, number]): FirewallRule => {
  return { protocol, source, description: "test", ...(ports && { ports }) };
};
const ssh = rule("tcp", "203.0.113.0/24", [22, 22]);

test.each([
  ["the same rule", rule("tcp", "203.0.113.0/24", [22, 22]), true],
  ["a larger network", rule("tcp", "203.0.0.0/16", [22, 22]), true],
  ["the internet", rule("tcp", "0.0.0.0/0", [22, 22]), true],
  ["a part of the network", rule("tcp", "203.0.113.0/25", [22, 22]), false],
  ["one address of it", rule("tcp", "203.0.113.0", [22, 22]), false],
  ["another network", rule("tcp", "198.51.100.0/24", [22, 22]), false],
  ["a range of ports", rule("tcp", "203.0.113.0/24", [1, 1024]), true],
  ["another port", rule("tcp", "203.0.113.0/24", [23, 80]), false],
  ["another protocol", rule("udp", "203.0.113.0/24", [22, 22]), false],
  ["every protocol", rule("all", "203.0.113.0/24", [1, 65535]), true],
])("L3 L4 whether a firewall admits what is needed: %s", (_, given, admitted) => {
  expect(closed([ssh], [given])).toEqual(admitted ? [] : [ssh]);
});

const admin = { adminNetworks: ["203.0.113.0/24"] };
const peers: PeerPorts[] = [{ protocol: "udp", ports: [51820, 51820], purpose: "WireGuard" }];
const needed = fleetRules(admin, peers, ["192.0.2.1", "192.0.2.2"]);

/** An adopted and a launched host, and what is said of them. */
async function hosts(region = "us-west-1") {
  const { cloud, control, api, key, launched } = await testCloud();
  await control.setCapacity({ gpu_1x_a10: { [region]: { slots: 2, listed: true } } });
  const { json } = await api.call("POST", "/firewall-rulesets", {
    body: { name: "rules", region, rules: needed.slice(0, 2).map(toWire) },
  });
  const ruleset = String(json.data?.id);
  const place = { region_name: region, firewall_rulesets: [{ id: ruleset }] };
  const known = ["www", "own"].map((name, at) => {
    return { name, id: "", address: `192.0.2.${at + 1}`, adopted: name === "www" };
  });
  for (const one of known) one.id = await launched({ name: one.name, hostname: one.name, ...place });
  await control.advance(600);
  const connection = { apiUrl: cloud.url, requestsPerSecond: 1000, launchSpacing: 0, retryDeadline: 0 };
  const said = (apiKey = key) => warningsOfClosedPorts(connection, apiKey, known, needed);
  const setAccount = (rules: FirewallRule[]) =>
    api.call("PUT", "/firewall-rules", { body: { data: rules.map(toWire) } });
  return { said, setAccount, id: known[0]?.id, control };
}

test("L3 L4 what Lambda's firewall does not admit to an adopted host is named, until it does", async () => {
  const { said, setAccount, id } = await hosts();
  await setAccount([]);
  expect(await said()).toEqual([
    "Lambda's firewall does not admit what host www needs: tcp 80 from 0.0.0.0/0 (HTTP), tcp 443 from 0.0.0.0/0 (HTTPS), " +
      "icmp from 0.0.0.0/0 (ICMP, for path MTU), " +
      `udp 51820 from 192.0.2.2/32 (WireGuard between hosts). The host is adopted (${id}), so the program does not set its ` +
      "rules: add them at Lambda, to the account's firewall or to a ruleset of the instance",
  ]);
  await setAccount(needed.slice(2));
  expect(await said()).toEqual([]);
});

test("L3 L4 an adopted host need not admit its own address", async () => {
  const { said, setAccount } = await hosts();
  await setAccount(needed.filter(({ source }) => source !== "192.0.2.1/32"));
  expect(await said()).toEqual([]);
});

test("L3 where Lambda applies no rules none is missed, and where it does not answer that is said", async () => {
  const { said, control } = await hosts("us-south-1");
  expect(await said()).toEqual([]);
  expect(await said("placeholder-key")).toEqual([]);
  await control.addFault({ effect: { kind: "drop" } });
  expect(await said()).toEqual([
    expect.stringMatching(/^the firewall of adopted hosts was not checked: .*firewall-rules/),
  ]);
});
