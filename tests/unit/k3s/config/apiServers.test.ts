import { expect, test } from "vitest";
import { apiServersOf } from "../../../../k3s/config/apiServers.ts";

test.each([
  ["both addresses, the private one first", "10.0.0.5", "203.0.113.7", ["10.0.0.5", "203.0.113.7"]],
  ["the public one where there is no private one", "", "203.0.113.7", ["203.0.113.7"]],
  ["each address once", "10.0.0.5", "10.0.0.5", ["10.0.0.5"]],
  ["none before the machine is there", "", "", []],
])("S4 the API listens on %s", (_what, privateAddress, address, addresses) => {
  expect(apiServersOf({ privateAddress, address })).toEqual(
    addresses.map((each) => ({ address: each, port: 6443 })),
  );
});
