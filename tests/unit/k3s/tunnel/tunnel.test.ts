import { expect, test } from "vitest";
import { tunnelConfig, tunnelScript } from "../../../../k3s/tunnel/script.ts";

const spec = { user: "estuary", target: "10.43.0.7:5432" };

test("S1 what is no user, no key or no address does not get onto a host", () => {
  expect(() => tunnelConfig({ ...spec, user: "a\nPermitRootLogin yes" })).toThrow("not a user name");
  expect(() => tunnelConfig({ ...spec, target: "any" })).toThrow("not an address with a port");
  expect(() => tunnelScript({ ...spec, publicKey: "ssh-ed25519 AAAA\nssh-rsa BBBB" })).toThrow(/public key/);
});
