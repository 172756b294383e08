import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";
import type { Host } from "../../../../k3s/host.ts";
import { tunnelConfig, tunnelScript } from "../../../../k3s/tunnel/script.ts";
import { Tunnel } from "../../../../k3s/tunnel/tunnel.ts";

const spec = { user: "estuary", target: "10.43.0.7:5432" };

test("S1 what is no user, no key or no address does not get onto a host", () => {
  expect(() => tunnelConfig({ ...spec, user: "a\nPermitRootLogin yes" })).toThrow("not a user name");
  expect(() => tunnelConfig({ ...spec, target: "any" })).toThrow("not an address with a port");
  expect(() => tunnelScript({ ...spec, publicKey: "ssh-ed25519 AAAA\nssh-rsa BBBB" })).toThrow(/public key/);
});

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
    call: () => ({}),
  }),
);

test.each([
  ["goes with a machine that is terminated", false],
  ["is closed on an adopted machine, which runs on", true],
])("S2 L3 a tunnel %s", async (_, adopted) => {
  const options = new Map<string, pulumi.CustomResourceOptions>();
  const machine = new pulumi.ComponentResource("test:Machine", `machine-${adopted}`);
  const address = { address: "192.0.2.1", privateAddress: "", user: "ubuntu", port: 22 };
  const roles: Host["roles"] = ["data"];
  const rest = { labels: {}, taints: [], gpus: 0 };
  const host = pulumi.output<Host>({ name: "backend", machineId: "m", roles, ...address, ...rest });
  const login = { host, hostKey: "ssh-ed25519 AAAA", privateKey: "none" };
  const handle = { name: "backend", roles, host, machine, adopted };
  const record: pulumi.ResourceTransformation = ({ name, opts }) => {
    options.set(name, opts);
    return undefined;
  };
  const to = { user: "estuary", publicKey: "ssh-ed25519 AAAA", target: "10.43.0.7:5432" };
  const tunnel = new Tunnel(`tunnel-${adopted}`, { handle, login, ...to }, { transformations: [record] });
  expect(await new Promise((resolve) => tunnel.endpoint.apply(resolve))).toBe("ssh://estuary@192.0.2.1:22");
  expect(options.get(`tunnel-${adopted}-backend-closing`)?.deletedWith).toBe(adopted ? undefined : machine);
});
