import { globalRuleset, ruleset } from "../render.ts";
import * as requests from "../requests.ts";
import { data, type Route, route } from "../route.ts";

const { nothing } = requests;

export const firewallRoutes: Route[] = [
  route("GET", "/firewall-rules", "firewallRulesList", {
    query: nothing,
    body: nothing,
    answer: ({ backend }) => data(backend.firewall.globalRules()),
  }),
  route("PUT", "/firewall-rules", "firewallRulesSet", {
    query: nothing,
    body: requests.firewallRules,
    answer: ({ backend, body }) => data(backend.firewall.setGlobalRules(body.data)),
  }),
  route("GET", "/firewall-rulesets/global", "getGlobalFirewallRuleset", {
    query: nothing,
    body: nothing,
    answer: ({ backend }) => data(globalRuleset(backend)),
  }),
  route("PATCH", "/firewall-rulesets/global", "updateGlobalFirewallRuleset", {
    query: nothing,
    body: requests.globalRulesetChange,
    answer: ({ backend, body }) => {
      if (body.rules) backend.firewall.setGlobalRules(body.rules);
      return data(globalRuleset(backend));
    },
  }),
  route("GET", "/firewall-rulesets", "firewallRulesetsList", {
    query: nothing,
    body: nothing,
    answer: ({ backend }) => data(backend.firewall.list().map((row) => ruleset(backend, row))),
  }),
  route("POST", "/firewall-rulesets", "createFirewallRuleset", {
    query: nothing,
    body: requests.ruleset,
    answer: ({ backend, body }) =>
      data(ruleset(backend, backend.firewall.create(body.name, body.region, body.rules))),
  }),
  route("GET", "/firewall-rulesets/{id}", "getFirewallRuleset", {
    query: nothing,
    body: nothing,
    answer: ({ backend, id }) => data(ruleset(backend, backend.firewall.get(id))),
  }),
  route("PATCH", "/firewall-rulesets/{id}", "updateFirewallRuleset", {
    query: nothing,
    body: requests.rulesetChange,
    answer: ({ backend, id, body }) => data(ruleset(backend, backend.firewall.update(id, body))),
  }),
  route("DELETE", "/firewall-rulesets/{id}", "deleteFirewallRuleset", {
    query: nothing,
    body: nothing,
    answer: ({ backend, id }) => {
      backend.firewall.delete(id);
      return data({});
    },
  }),
];
