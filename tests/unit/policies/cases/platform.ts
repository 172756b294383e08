import { Hidden, unknown } from "../../../../policies/engine/values.ts";
import { kubernetes, resource } from "../fixtures.ts";
import {
  type Case,
  container,
  firewallRules,
  inStack,
  machine,
  rule,
  saying,
  secret,
  value,
} from "./subjects.ts";

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
      "inside a release": saying(
        "data.note: is a secret value inside a Helm release",
        kubernetes(secret({ data: { note: "cGxhaW4=" } }), "release"),
      ),
      "outside a release": saying("not marked", kubernetes(secret({ data: { note: "cGxhaW4=" } }))),
      "a name that only ends in an open one": kubernetes(secret({ stringData: { "my-user": "x" } })),
      "a key beside a certificate": kubernetes(
        secret({ stringData: { "tls.crt": "x", "tls.crt.key": "y" } }),
      ),
    },
    clean: {
      "marked values": kubernetes(secret({ stringData: { note: new Hidden("x"), "tls.crt": "public" } })),
      "marked as a whole": kubernetes(secret({ stringData: new Hidden({ note: "x" }) })),
      "not known yet": kubernetes(secret({ stringData: { note: unknown } })),
      "not known as a whole": kubernetes(secret({ data: unknown })),
      "an empty one": kubernetes(secret({ stringData: { note: "", other: null } })),
      "names and addresses": kubernetes(
        secret({
          stringData: { username: "one", HOST: "db", port: "5432", "ca.pem": "public", "id.pub": "x" },
        }),
      ),
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
      "its old host": resource({ host: "sophia.now.sh" }),
      "a variable's name": saying(/^env.deep.VERCEL_URL:/, resource({ env: { deep: { VERCEL_URL: "x" } } })),
    },
    clean: {
      "another word": resource({ text: "universe overcells", list: ["know.sh"] }),
      "a word inside another": resource({ text: "devercelled" }),
    },
  },
  budget: {
    context: { config: { budget: '{"monthlyUsd":730}' } },
    violating: {
      "a dear machine": machine(2),
      "a little too dear": machine(1.001),
      "a type that is too dear": machine(["gpu_2x_a100"]),
      "types that all are too dear": saying(
        "cost $1453 a month or more, the budget is $730",
        machine(["gpu_2x_a100", "gpu_1x_a100"]),
      ),
      "a launch that was never finished": machine(["gpu_2x_a100"], { hourlyUsd: 0 }),
      "no budget": { subject: machine(0.1), context: { config: {} }, says: "has no budget" },
      "no readable budget": { subject: machine(0.1), context: { config: { budget: "{" } } },
      "a budget of nothing": { subject: machine(0), context: { config: { budget: '{"monthlyUsd":0}' } } },
    },
    clean: {
      "just the budget": machine(1),
      "no machine": resource({ hourlyUsd: 99 }),
      "no price, and a small budget": {
        subject: machine(),
        context: { config: { budget: '{"monthlyUsd":1}' } },
      },
      "no price": machine(),
      "a cheap type": machine(["cpu_4x_general"]),
      "a dear type after a cheap one": machine(["cpu_4x_general", "gpu_8x_b200_sxm6"]),
      "a type without a price": machine(["gpu_1x_new", "gpu_2x_a100"]),
      "no types": machine([]),
      "types that are not known yet": machine(undefined, { instanceTypes: unknown }),
      "a cheap machine of a dear type": machine(["gpu_2x_a100"], { hourlyUsd: 1 }),
      "a price that is not known yet": resource(
        { hourlyUsd: unknown },
        "pulumi-nodejs:dynamic/lambda:Instance",
      ),
    },
  },
  firewall: {
    violating: {
      SSH: firewallRules(rule(22, "0.0.0.0/0")),
      "the Kubernetes API, IPv6": firewallRules(rule(6443, "::/0")),
      "the pod network": firewallRules(rule(8472, "0.0.0.0/0", "udp")),
      "80, but UDP": firewallRules(rule(80, "0.0.0.0/0", "udp")),
      "a range from 80": saying(
        "tcp ports 80 to 443 is open",
        firewallRules({ protocol: "tcp", ports: [80, 443], source: "0.0.0.0/0" }),
      ),
      "one port": saying("tcp port 22 is open to 0.0.0.0/0", firewallRules(rule(22, "0.0.0.0/0"))),
      "all ports": saying(
        "all ports 0 to 65535 is open",
        firewallRules({ protocol: "all", source: "0.0.0.0/0" }),
      ),
      "rules from the first moment": saying(
        "initialRules[0]:",
        resource({ initialRules: [rule(22, "0.0.0.0/0")] }, "pulumi-nodejs:dynamic/lambda:FirewallRuleset"),
      ),
      "half the internet": saying(
        "rules[1]: tcp port 22 is open to 128.0.0.0/1",
        firewallRules(rule(443, "0.0.0.0/1"), rule(22, "128.0.0.0/1")),
      ),
      "a hundredth of it": firewallRules(rule(22, "10.0.0.0/7")),
      "all of IPv6 that is given out": firewallRules(rule(22, "2000::/3")),
      "a little less of IPv6": firewallRules(rule(22, "2600::/15")),
      "a word for everyone": firewallRules(rule(22, "any")),
      "a prefix that is no number": firewallRules(rule(22, "10.0.0.0/x")),
      "a prefix of no length": firewallRules(rule(22, "10.0.0.0/")),
      "two prefixes": firewallRules(rule(22, "10.0.0.0/24/24")),
      "a rule of its own kind": resource(
        { rules: [rule(22, "0.0.0.0/0")] },
        "pulumi-nodejs:dynamic/lambda:FirewallRule",
      ),
      "another port where admin ports may be open": inStack(
        "local",
        saying(
          "rules[2]: tcp port 8080",
          firewallRules(rule(22, "0.0.0.0/0"), rule(6443, "0.0.0.0/0"), rule(8080, "0.0.0.0/0")),
        ),
      ),
    },
    clean: {
      web: firewallRules(rule(80, "0.0.0.0/0"), rule(443, "::/0"), {
        protocol: "icmp",
        source: "0.0.0.0/0",
      }),
      "SSH for some": firewallRules(rule(22, "203.0.113.0/24")),
      "SSH for the largest networks": firewallRules(rule(22, "10.0.0.0/8"), rule(22, "2001:db8::/16")),
      "SSH for one address": firewallRules(rule(22, "203.0.113.7"), rule(22, "2001:db8::1/128")),
      "a source that is not known yet": firewallRules({ protocol: "tcp", ports: [22, 22], source: unknown }),
      "web and admin ports where they may be open": inStack(
        "local",
        firewallRules(
          rule(22, "0.0.0.0/0"),
          rule(6443, "0.0.0.0/0"),
          rule(80, "0.0.0.0/0"),
          rule(443, "0.0.0.0/0"),
        ),
      ),
    },
  },
};
