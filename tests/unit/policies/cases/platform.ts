import { Hidden, unknown } from "../../../../policies/engine/values.ts";
import { kubernetes, resource } from "../fixtures.ts";
import { type Case, container, firewallRules, machine, rule, secret, value } from "./subjects.ts";

export const platformCases: Record<string, Case> = {
  "no-hard-coded-keys": {
    violating: { "an environment variable": container({ env: [{ name: "DB_PASSWORD", value }] }) },
    clean: {
      "a reference": container({
        env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db" } } }],
      }),
      "a secret": resource({ password: new Hidden(value) }),
    },
  },
  "kubernetes-secrets-are-secret": {
    violating: {
      "plain text": kubernetes(secret({ stringData: { note: "plain" } })),
      "inside a release": kubernetes(secret({ data: { note: "cGxhaW4=" } }), "release"),
    },
    clean: {
      "marked values": kubernetes(secret({ stringData: { note: new Hidden("x"), "tls.crt": "public" } })),
      "marked as a whole": kubernetes(secret({ stringData: new Hidden({ note: "x" }) })),
      "not known yet": kubernetes(secret({ stringData: { note: unknown } })),
    },
  },
  "no-stale-snowflake-account": {
    violating: {
      "in a URL": resource({ url: "https://scoobyjava-vw02766.snowflakecomputing.com" }),
      "with underscore and capitals": resource({ env: [{ value: "UHDECNO_CVB64222" }] }),
      "in base64": resource({ data: { a: Buffer.from("account: UHDECNO-CVB64222").toString("base64") } }),
      "inside a secret": resource({ dsn: new Hidden("u@scoobyjava-vw02766/SOPHIA_AI") }),
    },
    clean: { "today's": resource({ account: "ZNB04675" }) },
  },
  "no-vercel": {
    violating: {
      "a host": resource({ host: "sophia.vercel.app" }),
      "a variable": resource({ env: { VERCEL_URL: "x" } }),
      "its provider": resource({}, "vercel:index/project:Project"),
    },
    clean: { "another word": resource({ text: "universe overcells" }) },
  },
  budget: {
    context: { config: { budget: '{"monthlyUsd":1000}' } },
    violating: { "a dear machine": machine(2) },
    clean: { "a cheap one": machine(1), "price not known": machine() },
  },
  firewall: {
    violating: {
      SSH: firewallRules(rule(22, "0.0.0.0/0")),
      "the Kubernetes API, IPv6": firewallRules(rule(6443, "::/0")),
      "the pod network": firewallRules(rule(8472, "0.0.0.0/0", "udp")),
      "80, but UDP": firewallRules(rule(80, "0.0.0.0/0", "udp")),
      "a range around 80": firewallRules({ protocol: "tcp", ports: [80, 443], source: "0.0.0.0/0" }),
      "all ports": firewallRules({ protocol: "all", source: "0.0.0.0/0" }),
      "rules from the first moment": resource(
        { initialRules: [rule(22, "0.0.0.0/0")] },
        "pulumi-nodejs:dynamic/lambda:FirewallRuleset",
      ),
    },
    clean: {
      web: firewallRules(rule(80, "0.0.0.0/0"), rule(443, "0.0.0.0/0"), {
        protocol: "icmp",
        source: "0.0.0.0/0",
      }),
      "SSH for some": firewallRules(rule(22, "203.0.113.0/24")),
    },
  },
};
