import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { kubeconfigFor } from "../../../../k3s/config/kubeconfig.ts";

const written = (changes: Record<string, unknown> = {}) => ({
  apiVersion: "v1",
  kind: "Config",
  clusters: [
    { name: "default", cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": "Q0E=" } },
  ],
  contexts: [{ name: "default", context: { cluster: "default", user: "default" } }],
  "current-context": "default",
  users: [{ name: "default", user: { "client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ" } }],
  ...changes,
});

test("K3 the kubeconfig points at the server's address under the cluster's name, with its certificates", () => {
  const result = parse(kubeconfigFor(stringify(written()), { address: "203.0.113.10", name: "prod" }));
  expect(result["current-context"]).toBe("prod");
  expect(result.contexts).toEqual([{ name: "prod", context: { cluster: "prod", user: "prod" } }]);
  expect(result.clusters).toEqual([
    { name: "prod", cluster: { server: "https://203.0.113.10:6443", "certificate-authority-data": "Q0E=" } },
  ]);
  expect(result.users[0].user).toEqual({ "client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ" });
});

test("K3 it is parsed: a context called like the loopback address survives", () => {
  const text = stringify(written()).replace("Q0E=", "MTI3LjAuMC4xZGVmYXVsdA==");
  expect(kubeconfigFor(text, { address: "203.0.113.10", name: "default" })).toContain(
    "MTI3LjAuMC4xZGVmYXVsdA==",
  );
});

test("an IPv6 address is bracketed", () => {
  expect(kubeconfigFor(stringify(written()), { address: "2001:db8::1", name: "x" })).toContain(
    "https://[2001:db8::1]:6443",
  );
});

test.each([
  ["not YAML", "a: [", /not valid YAML/],
  ["nothing", "", /not one that K3s writes/],
  ["no certificate authority", stringify(written({ clusters: [] })), /clusters/],
  [
    "no client key",
    stringify(written({ users: [{ name: "a", user: { token: "planted-secret" } }] })),
    /users\.0\.user/,
  ],
])("%s is refused without a word of its content", (_what, text, message) => {
  const read = () => kubeconfigFor(text, { address: "203.0.113.10", name: "x" });
  expect(read).toThrow(message);
  expect(read).not.toThrow(/planted-secret/);
});
